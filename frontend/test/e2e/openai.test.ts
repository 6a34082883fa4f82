// The official client of OpenAI's API, as it is, against the real server: only its address and key are ours.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server as TlsServer } from 'node:tls';
import OpenAI, { APIError, toFile } from 'openai';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProvider, type Provider } from '../support/provider';
import { startServer, type Server } from '../support/server';
import { spokenQuestion, wordsHeard } from '../support/speech';

const ANSWER = 'I led the migration myself. - We measured first. - Latency fell by 40 %. - I would do it again.';
const messages = [{ role: 'user' as const, content: 'Tell me about a migration you led.' }];

/** The client speaks wss alone, whatever its address says: TLS in front of the server, as a proxy would be. */
async function startTls(port: number): Promise<{ port: number; server: TlsServer }> {
  const folder = mkdtempSync(join(tmpdir(), 'interview-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1', '-subj', '/CN=127.0.0.1']);
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (outside) => {
    const inside = connect(port, '127.0.0.1');
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as { port: number }).port, server };
}

/** The samples of a mono WAV of 16 bits as its microphone file is written, at 24 kHz by straight lines between them. */
function samplesAt24k(file: string): Buffer {
  const wav = readFileSync(file);
  const rate = wav.readUInt32LE(24);
  const count = (wav.length - 44) / 2;
  const at = (i: number) => wav.readInt16LE(44 + 2 * Math.min(i, count - 1));
  const out = Buffer.alloc(Math.floor((count * 24000) / rate) * 2);
  for (let i = 0; i < out.length / 2; i++) {
    const where = (i * rate) / 24000;
    const part = where - Math.floor(where);
    out.writeInt16LE(Math.round(at(Math.floor(where)) * (1 - part) + at(Math.floor(where) + 1) * part), 2 * i);
  }
  return out;
}

interface Realtime {
  on(event: 'event', fn: (event: RealtimeServerEvent) => void): unknown;
  on(event: 'error', fn: (error: Error) => void): unknown;
  send(event: RealtimeClientEvent): void;
  close(): void;
}

/** Its events until one of this type has come. */
function eventsUntil(socket: Realtime, type: string): Promise<RealtimeServerEvent[]> {
  const seen: RealtimeServerEvent[] = [];
  return new Promise((done, failed) => {
    socket.on('event', (event) => {
      seen.push(event);
      if (event.type === type) done(seen);
    });
    socket.on('error', failed);
  });
}

function sayAll(socket: Realtime, samples: Buffer): void {
  for (let i = 0; i < samples.length; i += 4801) // an odd number: samples may be cut
    socket.send({ type: 'input_audio_buffer.append', audio: samples.subarray(i, i + 4801).toString('base64') });
}

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

  describe('in real time', () => {
    const samples = samplesAt24k(spoken.file);
    let tls: Awaited<ReturnType<typeof startTls>>;
    let secure: OpenAI;

    beforeAll(async () => {
      tls = await startTls(Number(new URL(server.url).port));
      secure = new OpenAI({ baseURL: `https://127.0.0.1:${tls.port}/v1`, apiKey: client.apiKey, maxRetries: 0 });
    });
    afterAll(() => tls?.server.close());

    it('hears who speaks and who has finished, and tells the words', async () => {
      const socket = new OpenAIRealtimeWS({ model: 'gpt-4o-transcribe', options: { rejectUnauthorized: false } }, secure);
      const done = eventsUntil(socket, 'conversation.item.input_audio_transcription.completed');
      socket.on('session.created', () => sayAll(socket, samples));
      const events = await done;
      const one = <T extends RealtimeServerEvent['type']>(type: T) => events.find((e) => e.type === type) as Extract<RealtimeServerEvent, { type: T }>;
      const completed = one('conversation.item.input_audio_transcription.completed');
      expect(events.map((e) => e.type).filter((type) => !type.endsWith('.delta'))).toEqual([
        'session.created', 'input_audio_buffer.speech_started', 'input_audio_buffer.speech_stopped', 'input_audio_buffer.committed',
        'conversation.item.added', 'conversation.item.done', 'conversation.item.input_audio_transcription.completed',
      ]);
      expect(one('input_audio_buffer.speech_started').audio_start_ms).toBeGreaterThan(800);
      expect(one('input_audio_buffer.speech_stopped').audio_end_ms).toBeLessThan(samples.length / 48);
      expect(new Set(events.flatMap((e) => ('item_id' in e ? [e.item_id] : [])))).toEqual(new Set([completed.item_id]));
      expect(events.flatMap((e) => (e.type === 'conversation.item.input_audio_transcription.delta' ? [e.delta] : [])).join('')).toBe(completed.transcript);
      heard(completed.transcript);
      socket.close();
    });

    it('leaves the end to the client, from a browser too, which offers its key as a subprotocol', async () => {
      const socket = new OpenAIRealtimeWebSocket({ model: 'whisper-1', onURL: (url: URL) => void (url.protocol = 'ws') } as never, client);
      const done = eventsUntil(socket, 'conversation.item.input_audio_transcription.completed');
      socket.on('session.created', () => socket.send({ type: 'session.update', session: { type: 'transcription', audio: { input: { turn_detection: null, transcription: { model: 'whisper-1', language: 'en' } } } } }));
      socket.on('session.updated', () => {
        sayAll(socket, samples);
        socket.send({ type: 'input_audio_buffer.clear' });
      });
      socket.on('input_audio_buffer.cleared', () => {
        sayAll(socket, samples);
        socket.send({ type: 'input_audio_buffer.commit' });
      });
      const events = await done;
      expect(events.filter((e) => e.type === 'input_audio_buffer.committed')).toHaveLength(1); // what was cleared is no item
      const completed = events.at(-1);
      heard(completed?.type === 'conversation.item.input_audio_transcription.completed' ? completed.transcript : '');
      socket.close();
    });

    it('says what it does not take, and goes on', async () => {
      const socket = new OpenAIRealtimeWS({ model: 'whisper-1', options: { rejectUnauthorized: false } }, secure);
      const errors: Error[] = [];
      const two = new Promise<void>((done) => socket.on('error', (error) => {
        errors.push(error);
        if (errors.length === 2) done();
      }));
      socket.on('session.created', () => {
        socket.send({ type: 'response.create' });
        socket.send({ type: 'input_audio_buffer.commit', event_id: 'mine' });
      });
      await two;
      expect(errors).toMatchObject([{ error: { code: 'unknown_event' } }, { error: { code: 'input_audio_buffer_commit_empty', event_id: 'mine' } }]);
      socket.close();
      const stranger = new OpenAIRealtimeWS({ model: 'whisper-1', options: { rejectUnauthorized: false } }, new OpenAI({ baseURL: secure.baseURL, apiKey: 'sk-nobody' }));
      const refused = await new Promise<Error>((done) => stranger.on('error', done));
      expect(refused).toMatchObject({ error: { code: 'invalid_api_key' } });
    });
  });
});
