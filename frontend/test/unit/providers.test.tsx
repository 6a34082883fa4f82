// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { dropPlace, moved, seconds } from '@/components/providers/order';
import { changeOf } from '@/components/providers/ProviderForm';
import { Providers } from '@/components/providers/Providers';
import { api, ApiError } from '@/lib/api-client';
import { forget } from '@/lib/query';
import type { Schemas } from '@/types/session';

type Provider = Schemas['Provider'];
type List = Schemas['ProviderList'];

const one: Provider = {
  name: 'groq',
  title: 'Groq',
  used: true,
  whose: 'own',
  offered: true,
  local: false,
  needsKey: true,
  key: { lastFour: 'ab12' },
  keyPage: 'https://console.groq.com/keys',
  model: 'llama',
  ownModel: false,
  url: null,
  needsUrl: false,
  note: '',
};
const openai: Provider = { ...one, name: 'openai', title: 'OpenAI', whose: 'operator', key: null, model: 'gpt' };
const together: Provider = { ...one, name: 'together', title: 'Together AI', used: false, whose: null, key: null, note: 'It needs a key.' };
const compatible: Provider = { ...together, name: 'compatible', title: 'Own server', offered: false, needsKey: false, needsUrl: true };
const both: List = { ordered: false, addresses: false, items: [one, openai, together, compatible] };
const health = (provider: string, more: Partial<Schemas['ProviderHealth']> = {}): Schemas['ProviderHealth'] => ({
  provider,
  model: 'm',
  health: 'answers',
  local: false,
  ownKey: false,
  measured: 1,
  firstTokenMs: 420,
  typicalFirstTokenMs: 420,
  measuredAt: null,
  ...more,
});
const models: Schemas['ModelList'] = {
  items: [
    { provider: 'groq', model: 'llama', available: true, local: false, note: '' },
    { provider: 'groq', model: 'qwen', available: true, local: false, note: '' },
    { provider: 'openai', model: 'gpt', available: false, local: false, note: 'the key was refused' },
  ],
  providers: [health('groq'), health('openai', { health: 'silent', typicalFirstTokenMs: null })],
};

const PATIENT = { timeout: 10_000 }; // on a machine that does much else

let asked: [string, unknown][];
let list: List | ApiError;
let tested: Schemas['ProviderTest'];
let answer: (method: string, body: unknown) => List;

beforeEach(() => {
  asked = [];
  list = both;
  tested = { works: true, why: '', model: 'llama', models: ['llama', 'qwen'], firstTokenMs: 420 };
  answer = () => both;
  forget('');
  const change = (method: string) => (path: string, body?: unknown) => {
    asked.push([`${method} ${path}`, body]);
    if (path.endsWith('/test')) return Promise.resolve(tested);
    return new Promise((done) => done(answer(method, body)));
  };
  vi.spyOn(api, 'get').mockImplementation((path) =>
    path === '/llm/models' ? Promise.resolve(models) : list instanceof ApiError ? Promise.reject(list) : Promise.resolve(list),
  );
  vi.spyOn(api, 'put').mockImplementation(change('PUT') as typeof api.put);
  vi.spyOn(api, 'patch').mockImplementation(change('PATCH') as typeof api.patch);
  vi.spyOn(api, 'post').mockImplementation(change('POST') as typeof api.post);
});
afterEach(cleanup);

it('moves one of a list', () => {
  expect(moved(['a', 'b', 'c'], 'c', 0)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b', 'c'], 'a', 9)).toEqual(['b', 'c', 'a']);
  expect(dropPlace(['a', 'b', 'c'], 'a', 'c', false)).toBe(2);
  expect(dropPlace(['a', 'b', 'c'], 'c', 'a', true)).toBe(0);
  expect(dropPlace(['a', 'b', 'c'], 'a', 'b', true)).toBeNull(); // it stands there
  expect(dropPlace(['a', 'b'], 'a', 'a', true)).toBeNull();
  expect(dropPlace(['a', 'b'], 'x', 'a', true)).toBeNull();
  expect([seconds(420), seconds(1250)]).toEqual(['0.42 s', '1.3 s']);
});

it('sends what was changed and nothing else', () => {
  expect(changeOf(one, { key: '', url: '', model: '' })).toEqual({});
  expect(changeOf(one, { key: ' k ', url: '', model: 'qwen' })).toEqual({ key: 'k', model: 'qwen' });
  expect(changeOf({ ...one, url: 'http://a', ownModel: true }, { key: '', url: '', model: '' })).toEqual({ url: null, model: null });
});

it('tells who is asked, how they do and why not', async () => {
  const { container } = render(<Providers />);
  await screen.findByText('Answers');
  const [groq, other] = within(screen.getAllByRole('list')[0]!).getAllByRole('listitem');
  expect(groq!.textContent).toContain('llama · your key …ab12 · first word after 0.42 s');
  expect(other!.textContent).toContain('Does not answer');
  expect(other!.textContent).toContain('OpenAI: the key was refused.');
  expect(screen.queryByText('Own server')).toBeNull(); // its address is not theirs to give
  expect(screen.queryByLabelText(/Address/)).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Change Groq' }));
  const wrong = await axe.run(container, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(wrong.violations.map((one) => one.id)).toEqual([]);
});

it('changes the order by keys', async () => {
  answer = () => ({ ...both, ordered: true, items: [openai, one, together] });
  render(<Providers />);
  const down = await screen.findByRole('button', { name: 'Ask Groq later' });
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Ask Groq earlier' }).disabled).toBe(true);
  down.focus();
  await userEvent.keyboard('{Enter}');
  await screen.findByText('Groq is asked as number 2 of 2.', {}, PATIENT);
  expect(asked[0]).toEqual(['PUT /auth/me/providers', { order: ['openai', 'groq'] }]);
  await userEvent.click(screen.getByRole('button', { name: 'As the server is set up' }));
  expect(asked[1]).toEqual(['PUT /auth/me/providers', { order: null }]);
}, 20_000);

it('changes the order by the mouse', async () => {
  render(<Providers />);
  const row = (await screen.findByRole('button', { name: 'Ask Groq later' })).closest('li')!;
  const target = screen.getByRole('button', { name: 'Ask OpenAI later' }).closest('li')!;
  const dataTransfer = { setData: () => undefined, effectAllowed: '' };
  fireEvent.dragStart(row, { dataTransfer });
  fireEvent.dragOver(target, { dataTransfer });
  fireEvent.drop(target, { dataTransfer, clientY: 5 });
  await waitFor(() => expect(asked[0]).toEqual(['PUT /auth/me/providers', { order: ['openai', 'groq'] }]));
});

it('puts the old order back when the new one is refused', async () => {
  answer = () => {
    throw new ApiError(503, 'unavailable', 'The store is busy.');
  };
  render(<Providers />);
  await userEvent.click(await screen.findByRole('button', { name: 'Ask Groq later' }));
  await waitFor(() => expect(within(screen.getAllByRole('list')[0]!).getAllByRole('listitem')[0]!.textContent).toContain('Groq'));
});

it('tries a key, and says what is wrong with it or how fast it is', async () => {
  const user = userEvent.setup();
  render(<Providers />);
  await user.click(await screen.findByRole('button', { name: 'Add a key: Together AI' }));
  const form = screen.getByRole('form', { name: 'Together AI' });
  await user.type(within(form).getByLabelText('Key of Together AI'), 'wrong-key-1');
  tested = { works: false, why: 'Together AI refuses the key. Copy it again, whole, or make a new one.', model: null, models: [], firstTokenMs: null };
  await user.click(within(form).getByRole('button', { name: 'Test' }));
  await within(form).findByText(tested.why);
  tested = { works: true, why: '', model: 'big', models: ['big', 'small'], firstTokenMs: 1250 };
  await user.click(within(form).getByRole('button', { name: 'Test' }));
  await within(form).findByText(/It works: first word after 1\.3 s\./);
  await user.selectOptions(within(form).getByLabelText('Model of Together AI'), 'small');
  await user.click(within(form).getByRole('button', { name: 'Save' }));
  expect(asked.at(-1)).toEqual(['PATCH /auth/me/providers/together', { key: 'wrong-key-1', model: 'small' }]);
  await waitFor(() => expect(screen.queryByRole('form')).toBeNull());
});

it('shows which field is refused, removes a key, and stops asking', async () => {
  const user = userEvent.setup();
  answer = (_, body) => {
    if ((body as { key?: string }).key) throw new ApiError(422, 'invalid_fields', 'Not right', { '/key': 'A key has no spaces.' });
    return both;
  };
  render(<Providers />);
  await user.click(await screen.findByRole('button', { name: 'Change Groq' }));
  const key = screen.getByLabelText('Key of Groq');
  await user.type(key, 'a b');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('A key has no spaces.');
  await waitFor(() => expect(document.activeElement).toBe(key));
  await user.click(screen.getByRole('button', { name: 'Remove the key' }));
  expect(asked.at(-1)).toEqual(['PATCH /auth/me/providers/groq', { key: null }]);
  await user.click(await screen.findByRole('button', { name: 'Change Groq' }));
  await user.click(screen.getByRole('button', { name: 'Do not ask Groq' }));
  expect(asked.at(-1)).toEqual(['PUT /auth/me/providers', { order: ['openai'] }]);
});

it('names addresses where one may, and asks what is ready', async () => {
  const own: Provider = { ...compatible, offered: true, url: 'http://127.0.0.1:8000/v1', note: '' };
  const mine: List = { ordered: true, addresses: true, items: [own] };
  list = mine;
  answer = () => mine;
  render(<Providers />);
  await screen.findByText(/No language model is asked/);
  await userEvent.click(screen.getByRole('button', { name: 'Ask it: Own server' }));
  expect(asked[0]).toEqual(['PUT /auth/me/providers', { order: ['compatible'] }]);
  await userEvent.click(screen.getByRole('button', { name: 'Change: Own server' }));
  expect(screen.getByLabelText<HTMLInputElement>('Address of Own server').value).toBe('http://127.0.0.1:8000/v1');
});

it('says so where others choose, and where nothing can be read', async () => {
  list = new ApiError(403, 'not_operator', 'no');
  render(<Providers />);
  await screen.findByText(/Whoever runs this server chose/);
  cleanup();
  forget('');
  list = new ApiError(500, 'internal', 'It broke.');
  render(<Providers />);
  await screen.findByText('It broke.');
  list = both;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('Groq');
});
