/**
 * What is being written and not saved yet: it survives a reload and another page, in this tab alone, until it is saved, dropped, or the person
 * signs out.
 *
 *     const [posting, setPosting] = useDraft('posting', '');      // hooks/useDraft.ts
 *     setPosting(null);                                           // saved, or no longer wanted
 */
import { Store } from './store';

const PREFIX = 'interview-assistant.draft.';

/** The owner while it is not known yet who is signed in. */
export const NOBODY = 'nobody';
const stores = new Map<string, Store<unknown>>();

/** Each account's drafts are its own: another one may sign in in the same tab. */
const keyOf = (owner: string, name: string) => `${PREFIX}${owner}.${name}`;

function load(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as unknown;
  } catch {
    return null;
  }
}

/** null: there is none. */
export function draft<T>(owner: string, name: string): Store<T | null> {
  const key = keyOf(owner, name);
  let store = stores.get(key);
  if (!store) {
    store = new Store<unknown>(load(key));
    stores.set(key, store);
  }
  return store as Store<T | null>;
}

export function setDraft<T>(owner: string, name: string, value: T | null): void {
  draft<T>(owner, name).set(value);
  try {
    if (value === null) sessionStorage.removeItem(keyOf(owner, name));
    else sessionStorage.setItem(keyOf(owner, name), JSON.stringify(value));
  } catch {
    // storage is forbidden or full: the draft lasts until the page is left
  }
}

/** What was written before it was known who is signed in becomes theirs. */
export function adoptDraft(owner: string, name: string): void {
  const early = draft(NOBODY, name).get();
  if (owner === NOBODY || early === null) return;
  setDraft(NOBODY, name, null);
  setDraft(owner, name, early);
}

/** All of them, of everybody: for signing out. */
export function dropDrafts(): void {
  stores.clear();
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  } catch {
    // storage is forbidden: there are none
  }
}
