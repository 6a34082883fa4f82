/**
 * Who is signed in. One store for the page; `useAuth` (hooks/useAuth.ts) shows it to components.
 *
 * Start: ask /health whether there are accounts. Off: sign in as the local owner, silently. On: try the refresh cookie if this browser has
 * signed in before, else send the person to /login.
 */
import type { Schemas } from '../types/session';
import type { SignedIn, User, UserPatch } from '../types/user';
import { api, ApiError, sentence } from './api-client';
import { dropDrafts } from './drafts';
import { Store } from './store';

export type AuthState =
  | { phase: 'starting' }
  | { phase: 'in'; user: User; accounts: boolean }
  | { phase: 'out' }
  | { phase: 'unreachable'; message: string };

const HINT = 'interview-assistant.signed-in'; // no secret: only saves a useless request at the next visit

export const auth = new Store<AuthState>({ phase: 'starting' });

const renewLocal = () => api.open<SignedIn>('POST', '/auth/local', {});
const renewCookie = () => api.open<SignedIn>('POST', '/auth/refresh', {});

function hint(on?: boolean): boolean {
  try {
    if (on === true) localStorage.setItem(HINT, '1');
    if (on === false) localStorage.removeItem(HINT);
    return localStorage.getItem(HINT) === '1';
  } catch {
    return true; // storage is forbidden: the cookie may still be there
  }
}

function enter(session: SignedIn, accounts: boolean): void {
  api.signedIn(session, accounts ? renewCookie : renewLocal);
  if (accounts) hint(true);
  auth.set({ phase: 'in', user: session.user, accounts });
}

let starting: Promise<void> | null = null;

/** Find out, once. Call again (`true`) after a failure. */
export function startAuth(again = false): Promise<void> {
  if (again) starting = null;
  starting ??= api.starting = begin();
  return starting;
}

async function begin(): Promise<void> {
  auth.set({ phase: 'starting' });
  api.onSignedOut = () => {
    hint(false);
    auth.set({ phase: 'out' });
  };
  try {
    const { accounts } = await api.open<Schemas['Health']>('GET', '/health');
    if (accounts === 'off') return enter(await renewLocal(), false);
    if (!hint()) return auth.set({ phase: 'out' });
    enter(await renewCookie(), true);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      hint(false);
      auth.set({ phase: 'out' });
    } else auth.set({ phase: 'unreachable', message: sentence(error) });
  }
}

export async function login(email: string, password: string): Promise<void> {
  enter(await api.open<SignedIn>('POST', '/auth/login', { email, password }), true);
}

/** `answer`: of lib/passkeys.ts. */
export async function loginWithPasskey(answer: Schemas['PasskeyLogin']): Promise<void> {
  enter(await api.open<SignedIn>('POST', '/auth/login/passkey', answer), true);
}

export async function signup(email: string, password: string, displayName: string): Promise<void> {
  enter(await api.open<SignedIn>('POST', '/auth/signup', { email, password, displayName }), true);
}

/** With the token out of the link of a mail. */
export async function signupByLink(token: string, password: string, displayName: string): Promise<void> {
  enter(await api.open<SignedIn>('POST', '/auth/signup', { token, password, displayName }), true);
}

export async function logout(): Promise<void> {
  hint(false);
  dropDrafts();
  await api.open('POST', '/auth/logout', {}).catch(() => undefined);
  api.signedOut();
  auth.set({ phase: 'out' });
}

export async function updateMe(patch: UserPatch): Promise<User> {
  const user = await api.patch<User>('/auth/me', patch);
  const state = auth.get();
  if (state.phase === 'in') auth.set({ ...state, user });
  return user;
}

async function renewUser(): Promise<void> {
  const user = await api.get<User>('/auth/me');
  const state = auth.get();
  if (state.phase === 'in') auth.set({ ...state, user });
}

export async function setPhoto(photo: Blob): Promise<void> {
  await api.send('PUT', '/auth/me/photo', photo);
  await renewUser();
}

export async function removePhoto(): Promise<void> {
  await updateMe({ photoURL: null });
}

export async function eraseMe(): Promise<void> {
  await api.delete('/auth/me');
  dropDrafts();
  api.signedOut();
  hint(false);
}
