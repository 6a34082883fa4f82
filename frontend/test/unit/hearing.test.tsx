// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HearingNotice } from '@/components/audio/HearingNotice';
import { api, ApiError } from '@/lib/api-client';
import type { Schemas } from '@/types/session';

vi.mock('@/hooks/useAuth', () => ({ useMayRead: () => true }));

type Hearing = Schemas['Hearing'];
type Model = Schemas['HearingModel'];

const base: Model = { name: 'base-q8_0', kind: 'ear', bytes: 81768585, licence: 'MIT', languages: '99', state: 'absent', done: 0, detail: '', what: '' };
const nothing: Hearing = {
  language: 'de',
  engine: null,
  model: null,
  realTimeFactor: null,
  fetched: true,
  missing: null,
  offer: null,
  offerRealTimeFactor: null,
  mayFetch: true,
};

let asked: string[];
let answers: Hearing[];

beforeEach(() => {
  asked = [];
  const next = (method: string, path: string) => {
    asked.push(`${method} ${path}`);
    return answers.length > 1 ? answers.shift()! : answers[0]!;
  };
  vi.spyOn(api, 'get').mockImplementation(async (path) => next('GET', path));
  vi.spyOn(api, 'post').mockImplementation(async (path) => {
    if (path.startsWith('/hearing/')) return next('POST', path);
    asked.push(`POST ${path}`);
    return undefined;
  });
});
afterEach(cleanup);

it('says that a language was chosen, and follows what comes for it until it is here', async () => {
  answers = [
    { ...nothing, missing: { ...base, state: 'getting', done: 8176858 } },
    { ...nothing, missing: { ...base, state: 'getting', done: 40884292 } },
    { ...nothing, engine: 'whisper', model: 'base-q8_0' },
  ];
  render(<HearingNotice language="de" />);
  await screen.findByText(/base-q8_0 \(82 MB\) is on its way, for Deutsch\. Nothing here hears Deutsch yet/);
  const bar = screen.getByRole<HTMLProgressElement>('progressbar', { name: /base-q8_0/ });
  expect(bar.position).toBeCloseTo(0.1, 2);
  await vi.waitFor(() => expect(bar.position).toBeCloseTo(0.5, 2), 3000);
  await vi.waitFor(() => expect(screen.queryByRole('progressbar')).toBeNull(), 3000);
  expect(screen.getByRole('status').textContent).toBe('');
  expect(asked).toEqual(['POST /hearing/de', 'GET /hearing/de', 'GET /hearing/de']);
});

it('says what hears it meanwhile', async () => {
  answers = [{ ...nothing, engine: 'whisper', model: 'tiny-q5_1', missing: { ...base, state: 'getting' } }];
  render(<HearingNotice language="de" />);
  await screen.findByText(/tiny-q5_1 hears Deutsch meanwhile/);
});

it('says why it does not come, once, and lets the person try again', async () => {
  answers = [{ ...nothing, missing: { ...base, state: 'failed', detail: 'huggingface.co does not answer' } }];
  render(<HearingNotice language="de" />);
  await screen.findByText(/could not be fetched: huggingface\.co does not answer\./);
  answers = [{ ...nothing, missing: { ...base, state: 'getting' } }];
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByRole('progressbar');
  expect(asked).toContain('POST /models/base-q8_0/get');
});

it('offers a better ear with its size, and only to who may fetch it', async () => {
  const offer = { ...base, name: 'small.en-q5_1', bytes: 190098681 };
  const english = { ...nothing, language: 'en', engine: 'whisper', model: 'base.en-q8_0', realTimeFactor: 0.007, offer, offerRealTimeFactor: 0.028 };
  answers = [english];
  const { unmount } = render(<HearingNotice language="en" />);
  await screen.findByText(/This machine is quick enough for a better one: small\.en-q5_1 \(190 MB\)/);
  vi.mocked(api.post).mockImplementationOnce(async () => {
    throw new ApiError(503, 'overloaded', 'Many models are waiting already.');
  });
  await userEvent.click(screen.getByRole('button', { name: 'Get small.en-q5_1' }));
  expect((await screen.findByRole('alert')).textContent).toBe('Many models are waiting already.');
  unmount();
  answers = [{ ...english, mayFetch: false }];
  render(<HearingNotice language="en" />);
  await screen.findByText(/quick enough/);
  expect(screen.queryByRole('button')).toBeNull();
});

it('offers a quicker ear where the machine is slow', async () => {
  answers = [{ ...nothing, language: 'en', model: 'base.en-q8_0', realTimeFactor: 0.5, offer: { ...base, name: 'tiny.en-q8_0' }, offerRealTimeFactor: 0.25 }];
  render(<HearingNotice language="en" />);
  await screen.findByText(/keeps this machine busy\. Quicker: tiny\.en-q8_0/);
});

it('keeps quiet about offers where only what is missing matters', async () => {
  answers = [{ ...nothing, language: 'en', offer: base }];
  render(<HearingNotice language="en" missingOnly />);
  await vi.waitFor(() => expect(asked).toEqual(['POST /hearing/en']));
  expect(screen.getByRole('status').textContent).toBe('');
});
