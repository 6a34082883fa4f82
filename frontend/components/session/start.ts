/** Beginning a session and going to its live screen. */
import { api } from '@/lib/api-client';
import { forget } from '@/lib/query';
import type { Session, SessionInput } from '@/types/session';

const KEY = 'interview-assistant.first-step';

/** What the live screen does first: begin to listen, or ask a question that was typed before. */
export interface FirstStep {
  sessionId: string;
  listen?: boolean;
  ask?: string;
}

export async function beginSession(input: SessionInput, first: Omit<FirstStep, 'sessionId'>): Promise<string> {
  return goOn((await makeSession(input)).id, first);
}

export async function makeSession(input: SessionInput): Promise<Session> {
  const session = await api.post<Session>('/sessions', input);
  forget('/sessions');
  return session;
}

/** The live screen of a session that is there already, and what it does first. */
export function goOn(sessionId: string, first: Omit<FirstStep, 'sessionId'>): string {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...first, sessionId } satisfies FirstStep));
  } catch {
    // without storage the person presses the button on the next screen
  }
  return `/interview/${sessionId}/`;
}

/** Once: a reload begins nothing by itself. */
export function takeFirstStep(sessionId: string): FirstStep | null {
  try {
    const step = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as FirstStep | null;
    sessionStorage.removeItem(KEY);
    return step?.sessionId === sessionId ? step : null;
  } catch {
    return null;
  }
}
