import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient, ApiError, sentence } from '@/lib/api-client';
import type { SignedIn } from '@/types/user';

const session = (accessToken: string, expiresIn = 900) => ({ accessToken, expiresIn, refreshToken: 'r', user: {} }) as unknown as SignedIn;
const json = (status: number, body: unknown, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const problem = (status: number, code: string, extra = {}) =>
  json(status, { type: '', title: 'T', status, code, detail: 'Detail.', requestId: 'r', ...extra });

describe('ApiClient', () => {
  const fetchMock = vi.fn<(input: string, init: RequestInit) => Promise<Response>>();
  const renew = vi.fn<() => Promise<SignedIn>>();
  let api: ApiClient;
  const tokens = () => fetchMock.mock.calls.map(([, init]) => (init.headers as Record<string, string>).Authorization);

  beforeEach(() => {
    fetchMock.mockReset();
    renew.mockReset();
    api = new ApiClient(fetchMock);
    api.signedIn(session('one'), renew);
  });

  it('sends the token and the body, and gives back JSON', async () => {
    fetchMock.mockResolvedValue(json(201, { id: 's_1' }));
    expect(await api.post('/sessions', { language: 'en' })).toEqual({ id: 's_1' });
    const [url, init] = fetchMock.mock.calls[0]!;
    expect([url, init.method, init.body]).toEqual(['/api/v1/sessions', 'POST', '{"language":"en"}']);
    expect(tokens()).toEqual(['Bearer one']);
  });

  it('lets a request wait for a sign-in that is under way', async () => {
    api.signedOut();
    api.starting = new Promise((resolve) => setTimeout(resolve, 10)).then(() => void api.signedIn(session('late'), renew));
    fetchMock.mockResolvedValue(json(200, {}));
    await api.get('/sessions');
    expect(tokens()).toEqual(['Bearer late']);
  });

  it('renews a refused token and repeats the request once', async () => {
    fetchMock.mockResolvedValueOnce(problem(401, 'token_expired')).mockResolvedValueOnce(json(200, { ok: true }));
    renew.mockResolvedValue(session('two'));
    expect(await api.get('/sessions')).toEqual({ ok: true });
    expect(tokens()).toEqual(['Bearer one', 'Bearer two']);
  });

  it('renews a token that is about to expire before using it', async () => {
    api.signedIn(session('old', 10), renew);
    renew.mockResolvedValue(session('new'));
    fetchMock.mockResolvedValue(json(200, {}));
    await api.get('/profiles');
    expect(tokens()).toEqual(['Bearer new']);
  });

  it('renews once for many requests at the same time', async () => {
    api.signedIn(session('old', 10), renew);
    renew.mockImplementation(() => new Promise((resolve) => setTimeout(() => resolve(session('new')), 10)));
    fetchMock.mockImplementation(() => Promise.resolve(json(200, {})));
    await Promise.all([api.get('/a'), api.get('/b'), api.get('/c'), api.token()]);
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it('says that the person has to sign in again when the renewal is refused', async () => {
    fetchMock.mockResolvedValue(problem(401, 'unauthorized'));
    renew.mockRejectedValue(new ApiError(401, 'refresh_reused', 'Sign in again.'));
    api.onSignedOut = vi.fn();
    await expect(api.get('/sessions')).rejects.toMatchObject({ code: 'refresh_reused' });
    expect(api.onSignedOut).toHaveBeenCalledOnce();
    await expect(api.token()).rejects.toMatchObject({ status: 401 });
  });

  it('stays signed in when the renewal fails for want of a connection', async () => {
    api.signedIn(session('old', 10), renew);
    renew.mockRejectedValueOnce(new ApiError(0, 'network', 'No connection.')).mockResolvedValueOnce(session('new'));
    api.onSignedOut = vi.fn();
    await expect(api.get('/sessions')).rejects.toMatchObject({ code: 'network' });
    expect(api.onSignedOut).not.toHaveBeenCalled();
    expect(await api.token()).toBe('new');
  });

  it('turns a problem into an error with its fields', async () => {
    fetchMock.mockResolvedValue(problem(422, 'invalid_fields', { errors: [{ field: '/skills/3', message: 'must be 1 to 64 characters' }] }));
    await expect(api.post('/profiles', {})).rejects.toMatchObject({
      status: 422,
      code: 'invalid_fields',
      message: 'Detail.',
      fields: { '/skills/3': 'must be 1 to 64 characters' },
    });
  });

  it('copes with an error that is not a problem document', async () => {
    fetchMock.mockResolvedValue(new Response('<html>', { status: 502 }));
    await expect(api.get('/sessions')).rejects.toMatchObject({ status: 502, code: 'internal' });
  });

  it('says so when the server cannot be reached', async () => {
    fetchMock.mockRejectedValue(new TypeError('failed to fetch'));
    await expect(api.get('/sessions')).rejects.toMatchObject({ status: 0, code: 'network' });
  });

  it('returns nothing for 204', async () => {
    fetchMock.mockResolvedValue(new Response(null, { status: 204 }));
    expect(await api.delete('/sessions/s_1')).toBeUndefined();
  });
});

describe('sentence', () => {
  it('says when to come back', () => {
    expect(sentence(new ApiError(429, 'rate_limited', '', {}, 42))).toContain('42 seconds');
  });
});
