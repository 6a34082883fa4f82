/**
 * The REST side of interviewd. The access token lives in memory only; the refresh cookie is HttpOnly and this code never sees it.
 *
 *     const page = await api.get<SessionList>('/sessions?limit=10');
 *     const made = await api.post<Session>('/sessions', input);
 *
 * A token about to expire, or refused once, is renewed once for all requests that wait (and one tab at a time, since a refresh token presented
 * twice revokes its family). Errors: ApiError with the problem's code, sentence and fields.
 */
import type { Schemas } from '../types/session';
import type { SignedIn } from '../types/user';

export type ProblemCode = Schemas['ProblemCode'] | 'network';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    message: string,
    /** JSON pointer or query name -> what is wrong with it. */
    readonly fields: Record<string, string> = {},
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

type Fetch = (input: string, init: RequestInit) => Promise<Response>;
type Renew = () => Promise<SignedIn>;

const BASE = '/api/v1';
const RENEW_BEFORE_MS = 30_000;

async function toError(response: Response): Promise<ApiError> {
  const retry = Number(response.headers.get('Retry-After'));
  const retryAfter = Number.isFinite(retry) && retry > 0 ? retry : null;
  try {
    const problem = (await response.json()) as Schemas['Problem'];
    const fields = Object.fromEntries((problem.errors ?? []).map((e) => [e.field, e.message]));
    return new ApiError(response.status, problem.code, problem.detail || problem.title, fields, retryAfter);
  } catch {
    return new ApiError(response.status, 'internal', `The server answered ${response.status}.`, {}, retryAfter);
  }
}

/** Run one renewal at a time across tabs where the browser can. */
function exclusively<T>(work: () => Promise<T>): Promise<T> {
  return globalThis.navigator?.locks ? navigator.locks.request('interviewd-renew', work) : work();
}

export class ApiClient {
  private accessToken: string | null = null;
  private expiresAt = 0;
  private renewal: Promise<SignedIn> | null = null;
  private renewBy: Renew | null = null;
  /** Signing in, while that is under way: requests that need a token wait for it. */
  starting: Promise<void> | null = null;
  /** Told when a renewal is refused: the person has to sign in again. */
  onSignedOut: (() => void) | null = null;

  constructor(private readonly fetchImpl: Fetch = (input, init) => fetch(input, init)) {}

  /** Take over a sign-in; `renew` will be asked for the next token. */
  signedIn(session: SignedIn, renew: Renew): SignedIn {
    this.accessToken = session.accessToken;
    this.expiresAt = Date.now() + session.expiresIn * 1000;
    this.renewBy = renew;
    return session;
  }

  signedOut(): void {
    this.accessToken = null;
    this.renewBy = null;
  }

  /** The server refuses even a fresh token: the person has to sign in again. */
  expelled(): void {
    if (!this.accessToken) return;
    this.signedOut();
    this.onSignedOut?.();
  }

  /** A token that lives a while yet; `fresh` asks for another one even so. */
  async token(fresh = false): Promise<string> {
    await this.starting;
    if (fresh || !this.accessToken || Date.now() > this.expiresAt - RENEW_BEFORE_MS) await this.renew();
    if (!this.accessToken) throw new ApiError(401, 'unauthorized', 'You are not signed in.');
    return this.accessToken;
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.json<T>('GET', path, undefined, signal);
  }
  post<T>(path: string, body?: unknown): Promise<T> {
    return this.json<T>('POST', path, body);
  }
  put<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>('PUT', path, body);
  }
  patch<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>('PATCH', path, body);
  }
  async delete(path: string): Promise<void> {
    await this.send('DELETE', path);
  }

  /** A request without a token: signing in and finding out how. */
  async open<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.fetch(method, path, body, null);
    if (!response.ok) throw await toError(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** The raw answer, for files. */
  async send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    let response = await this.fetch(method, path, body, await this.token(), signal);
    if (response.status === 401) response = await this.fetch(method, path, body, await this.token(true), signal);
    if (!response.ok) throw await toError(response);
    return response;
  }

  private async json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const response = await this.send(method, path, body, signal);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  private async fetch(method: string, path: string, body: unknown, token: string | null, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json, */*;q=0.5' };
    if (token) headers.Authorization = `Bearer ${token}`;
    const raw = body instanceof FormData || body instanceof Blob; // say their own type
    if (body !== undefined && !raw) headers['Content-Type'] = 'application/json';
    try {
      return await this.fetchImpl(BASE + path, {
        method,
        headers,
        body: body === undefined || raw ? (body as FormData | Blob | undefined) : JSON.stringify(body),
        credentials: 'same-origin',
        signal,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, 'network', 'The server cannot be reached. Is interviewd still running?');
    }
  }

  private renew(): Promise<SignedIn> {
    if (!this.renewBy) return Promise.reject(new ApiError(401, 'unauthorized', 'You are not signed in.'));
    const renewBy = this.renewBy;
    this.renewal ??= exclusively(renewBy)
      .then((session) => this.signedIn(session, renewBy))
      .catch((error: unknown) => {
        if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
          this.expelled();
        }
        throw error;
      })
      .finally(() => (this.renewal = null));
    return this.renewal;
  }
}

export const api = new ApiClient();

/** What to show a person for anything that was thrown. */
export function sentence(error: unknown): string {
  if (error instanceof ApiError && error.code === 'rate_limited')
    return `Too many requests. Try again in ${error.retryAfter ?? 60} seconds.`;
  return error instanceof Error ? error.message : 'Something went wrong.';
}
