'use client';

import { useEffect, useState } from 'react';
import { api } from '@/lib/api-client';
import { readProfile } from '@/lib/read-profile';
import { useQuery } from '@/lib/query';
import type { PostingMatch, ProfileInput, ProfilePreview } from '@/types/session';

const PAUSE_MS = 600; // while somebody types

/** A value once it has stayed the same for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

interface Seen {
  preview: ProfilePreview;
  /** The text that it is of. */
  of: string;
}

/** What the server understands of a profile's text, asked when the text has settled; the last answer stays until the next is there. */
export function usePreview(context: string): { seen: Seen | null; error: unknown } {
  const of = useSettled(context);
  const { data, error } = useQuery(of.trim() === '' ? null : `preview:${of}`, () => api.post<ProfilePreview>('/profiles/preview', { context: of }));
  const [seen, setSeen] = useState<Seen | null>(null);
  if (data && data !== seen?.preview) setSeen({ preview: data, of });
  return { seen, error };
}

/** How much of a posting a profile speaks of. */
export function useMatch(profileId: string | null, jobDescription: string) {
  const settled = useSettled(jobDescription);
  const wanted = profileId && settled.trim() !== '';
  return useQuery(wanted ? `/profiles/${profileId}/match:${settled}` : null, () => api.post<PostingMatch>(`/profiles/${profileId}/match`, { jobDescription: settled }));
}

/** Reads dropped or chosen files; `busy` while it does. */
export function useResumeFile(onRead: (input: ProfileInput, from: string) => void, onFailed: (sentence: string) => void) {
  const [busy, setBusy] = useState(false);
  async function read(file: File) {
    setBusy(true);
    try {
      onRead(await readProfile(file), file.name);
    } catch (error) {
      const known = error instanceof Error && error.name === 'Unreadable';
      onFailed(known ? error.message : 'What reads files could not be loaded. Reload the page and try again.');
    }
    setBusy(false);
  }
  return { busy, read };
}
