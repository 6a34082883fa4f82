// @vitest-environment jsdom
import { cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Recognisers, told } from '@/components/hearing/Recognisers';
import { serviceChange } from '@/components/hearing/ServiceForm';
import { api, ApiError } from '@/lib/api-client';
import { forget } from '@/lib/query';
import type { Schemas } from '@/types/session';

vi.mock('@/hooks/useAuth', () => ({ useMayRead: () => true }));
vi.mock('@/components/audio/VoicePhrase', () => ({ KeptVoice: () => null }));

type Recogniser = Schemas['Recogniser'];
type Model = Schemas['HearingModel'];

const base: Model = { name: 'base.en-q8_0', kind: 'ear', bytes: 81781811, licence: 'MIT', languages: 'en', state: 'in_use', done: 81781811, detail: '', what: 'a good one' };
const tiny: Model = { ...base, name: 'tiny.en-q8_0', state: 'ready', bytes: 43550795, what: '' };
const small: Model = { ...base, name: 'small-q5_1', state: 'absent', done: 0, languages: '99', bytes: 190085487 };
const auto: Recogniser = { chosen: false, engine: 'auto', model: null, url: null, ownUrl: false, key: null, name: null, active: { engine: 'whisper', model: 'base.en-q8_0' }, waits: false, restart: false };
const service: Recogniser = { ...auto, chosen: true, engine: 'openai', url: 'https://api.groq.com/openai/v1', ownUrl: true, key: { lastFour: 'zz99' }, name: 'whisper-large-v3' };

let asked: [string, unknown][];
let is: Recogniser | ApiError;
let models: Model[];
let tested: Schemas['RecogniserTest'];

beforeEach(() => {
  asked = [];
  is = auto;
  models = [tiny, base, small];
  tested = { works: true, why: '', engine: 'openai', model: 'w', said: 'Please describe.', heard: 'Please describe', right: 2, words: 2, tookMs: 420 };
  forget('');
  vi.spyOn(api, 'get').mockImplementation((path) => (path === '/models' ? Promise.resolve({ items: models }) : path === '/engines' ? Promise.resolve({ recognisers: [{ name: 'whisper', model: 'base.en', active: true, note: 'On this machine.' }], providers: [] }) : is instanceof ApiError ? Promise.reject(is) : Promise.resolve(is)));
  vi.spyOn(api, 'patch').mockImplementation((path, body) => {
    asked.push([`PATCH ${path}`, body]);
    return Promise.resolve((is = { ...(is as Recogniser), ...(body as object), chosen: true, key: null, ownUrl: !!(body as { url?: string }).url }));
  });
  vi.spyOn(api, 'post').mockImplementation((path, body) => {
    asked.push([`POST ${path}`, body]);
    return Promise.resolve(path.endsWith('/test') ? tested : { language: 'en', engine: 'whisper', missing: null, offer: null });
  });
  vi.spyOn(api, 'delete').mockImplementation((path) => {
    asked.push([`DELETE ${path}`, undefined]);
    is = auto;
    return Promise.resolve();
  });
});
afterEach(cleanup);

it('says what hears, and when what was chosen will', () => {
  expect(told(auto)).toBe('Heard with Whisper, base.en-q8_0.');
  expect(told({ ...service, active: { engine: 'whisper', model: null }, waits: true })).toBe('Heard with Whisper. What you chose takes over when nobody is being heard any more.');
  expect(told({ ...auto, active: null, restart: true })).toContain('after it was started anew');
});

it('sends a key only where one was typed, and none to another address', () => {
  expect(serviceChange(auto, { url: ' https://a/v1 ', key: ' k ', name: 'm' })).toEqual({ engine: 'openai', model: null, url: 'https://a/v1', key: 'k', name: 'm' });
  expect(serviceChange(service, { url: service.url!, key: '', name: '' })).toEqual({ engine: 'openai', model: null, url: service.url, name: null });
  expect(serviceChange(service, { url: '', key: '', name: '' })).toEqual({ engine: 'openai', model: null, url: null, name: null, key: null });
});

it('chooses a model that is here, gets one that is not, and gives the choice up', async () => {
  const { container } = render(<Recognisers />);
  await userEvent.click(await screen.findByRole('button', { name: 'Use tiny.en-q8_0' }));
  expect(asked.at(-1)).toEqual(['PATCH /admin/hearing', { engine: 'whisper', model: 'tiny.en-q8_0' }]);
  expect(screen.queryByText('small-q5_1')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: '1 more models' }));
  models = [tiny, base, { ...small, state: 'getting', done: 19008548 }];
  await userEvent.click(screen.getByRole('button', { name: 'Get: small-q5_1, 190 MB' }));
  expect(asked.at(-1)![0]).toBe('POST /models/small-q5_1/get');
  const bar = await screen.findByRole<HTMLProgressElement>('progressbar', { name: 'small-q5_1, of 190 MB' });
  expect(bar.position).toBeCloseTo(0.1, 2);
  const wrong = await axe.run(container, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(wrong.violations.map((one) => one.id)).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'As the server is set up' }));
  expect(asked.at(-1)![0]).toBe('DELETE /admin/hearing');
});

it('tries a service before it hears anybody, and shows what is wrong with it', async () => {
  render(<Recognisers />);
  await userEvent.click(await screen.findByRole('button', { name: 'Set up the transcription service' }));
  const form = within(screen.getByRole('form', { name: 'A transcription service' }));
  await userEvent.click(form.getByRole('button', { name: 'Groq' }));
  await userEvent.type(form.getByLabelText('Key of the service'), 'gsk-1');
  tested = { ...tested, works: false, why: 'The transcription service refused the key' };
  await userEvent.click(form.getByRole('button', { name: 'Test the service' }));
  await form.findByText('The transcription service refused the key');
  tested = { ...tested, works: true };
  await userEvent.click(form.getByRole('button', { name: 'Test the service' }));
  await form.findByText(/It heard 2 of 2 words in 420 ms/);
  const change = { engine: 'openai', model: null, url: 'https://api.groq.com/openai/v1', key: 'gsk-1', name: 'whisper-large-v3-turbo' };
  expect(asked.at(-1)).toEqual(['POST /admin/hearing/test', change]);
  await userEvent.click(form.getByRole('button', { name: 'Hear with it' }));
  expect(asked.findLast(([what]) => what.startsWith('PATCH'))).toEqual(['PATCH /admin/hearing', change]);
});

it('shows who may not change it what hears, and no form', async () => {
  is = new ApiError(403, 'not_operator', 'Only an operator.');
  render(<Recognisers />);
  await screen.findByText('On this machine.');
  expect(screen.queryByRole('button', { name: /Use|Set up/ })).toBeNull();
});
