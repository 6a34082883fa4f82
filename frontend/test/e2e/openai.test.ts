// The official client of OpenAI's API, as it is, against the real server: only its address and key are ours.
import { readFileSync } from 'node:fs';
import OpenAI, { APIError, toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProvider, type Provider } from '../support/provider';
import { startServer, type Server } from '../support/server';
import { spokenQuestion, wordsHeard } from '../support/speech';

const ANSWER = 'I led the migration myself. - We measured first. - Latency fell by 40 %. - I would do it again.';
const messages = [{ role: 'user' as const, content: 'Tell me about a migration you led.' }];

describe('the openai package', () => {
  let server: Server;
  let provider: Provider;
  let client: OpenAI;
  const spoken = spokenQuestion();

  beforeAll(async () => {
    provider = await startProvider('ok');
    server = await startServer({ env: provider.env });
    const signedIn = await fetch(`${server.url}/api/v1/auth/local`, { method: 'POST', headers: { Origin: server.url } });
    const { accessToken } = (await signedIn.json()) as { accessToken: string };
    const made = await fetch(`${server.url}/api/v1/auth/keys`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ label: 'the test' }),
    });
    const { key } = (await made.json()) as { key: string };
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 });
  });
  afterAll(async () => {
    await server?.stop();
    provider?.stop();
  });

  const recording = () => toFile(readFileSync(spoken.file), 'question.wav');

  /** The words are there, as well as this recogniser hears them. */
  const heard = (text: string) => expect(wordsHeard(spoken.text, text)).toBeGreaterThan(0.5);

  it('lists the models and finds one', async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(expect.arrayContaining(['whisper-1', 'auto', 'openai/ok', 'outline']));
    expect((await client.models.retrieve('openai/ok')).owned_by).toBe('openai');
  });

  it('completes a chat, whole and as a stream with its usage', async () => {
    const whole = await client.chat.completions.create({ model: 'auto', messages, temperature: 0, max_tokens: 200 });
    expect(whole.choices[0]?.message.content).toBe(ANSWER);
    expect(whole.usage?.completion_tokens).toBe(37);
    const stream = await client.chat.completions.create({ model: 'openai/ok', messages, stream: true, stream_options: { include_usage: true }, stop: ' - Latency' });
    let text = '';
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe('I led the migration myself. - We measured first.');
    expect(usage?.total_tokens).toBeGreaterThan(0);
  });

  it('runs the helper that gathers a stream', async () => {
    const runner = client.chat.completions.stream({ model: 'auto', messages });
    expect(await runner.finalContent()).toBe(ANSWER);
  });

  it('gets errors as its own classes', async () => {
    const model = client.chat.completions.create({ model: 'gpt-nobody', messages });
    await expect(model).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    await expect(model).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    const tools = client.chat.completions.create({ model: 'auto', messages, tools: [{ type: 'function', function: { name: 'f' } }] });
    await expect(tools).rejects.toMatchObject({ status: 400, param: 'tools' });
    const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'sk-nobody', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    const broken = await client.chat.completions.create({ model: 'openai/mid-error', messages, stream: true });
    await expect((async () => { for await (const chunk of broken) void chunk; })()).rejects.toBeInstanceOf(APIError);
  });

  it('transcribes, with times and as subtitles, and translates', async () => {
    const file = await recording();
    const verbose = await client.audio.transcriptions.create({ file, model: 'whisper-1', response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] });
    expect(verbose.segments?.[0]?.end).toBeGreaterThan(1);
    heard(verbose.words?.map((w) => w.word).join(' ') ?? '');
    expect(await client.audio.transcriptions.create({ file, model: 'whisper-1', response_format: 'srt' })).toMatch(/^1\n00:00:0\d,\d{3} --> /);
    heard((await client.audio.translations.create({ file, model: 'whisper-1' })).text);
  });

  it('hears a stream of segments', async () => {
    const stream = await client.audio.transcriptions.create({ file: await recording(), model: 'whisper-1', stream: true });
    let text = '';
    for await (const event of stream) {
      if (event.type === 'transcript.text.delta') text += event.delta;
      if (event.type === 'transcript.text.done') expect(event.text).toBe(text);
    }
    heard(text);
  });
});
