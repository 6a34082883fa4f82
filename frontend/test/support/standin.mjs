// A stand-in for interviewd, for working on the page without the C program: the REST and WebSocket wire of docs/api/openapi.yaml, kept in
// memory, hearing a fixed question whenever somebody speaks. The end-to-end tests run against the real program, not against this.
//
//     node test/support/standin.mjs [--port 8080] [--accounts]
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { serveStatic } from './static.mjs';

const QUESTION = 'Tell me about a time a project you led did not go to plan.'.split(' ');
const VOICED_RMS = 400; // of 32768
const SILENCE_MS = 500;
const WORD_MS = 300;

export function startStandin({ port = 0, accounts = false } = {}) {
  const users = new Map(); // email -> {user, password}
  const tokens = new Map(); // access or refresh token -> user
  const profiles = new Map();
  const sessions = new Map();
  const transcripts = new Map();
  const listeners = new Map(); // session id -> Set of llm sockets
  const running = new Map(); // session id -> generation
  let counter = 0;
  const id = (prefix) => `${prefix}_${(++counter).toString(36).padStart(6, '0')}`;
  const now = () => new Date().toISOString();

  const makeUser = (email, displayName) => ({
    id: id('u'),
    email,
    displayName,
    photoURL: null,
    local: email === null,
    createdAt: now(),
    settings: { preferredLLM: null, audioDevice: null, language: 'en', voiceId: null, theme: 'system' },
    subscription: { tier: 'free', expiresAt: null },
  });
  const owner = makeUser(null, 'Owner');

  function problem(status, code, detail, errors) {
    return { status, body: { type: `urn:interviewd:problem:${code}`, title: code, status, code, detail, requestId: id('r'), ...(errors && { errors }) } };
  }
  function signedIn(user, status = 200) {
    const [accessToken, refreshToken] = [id('at'), id('rt')];
    tokens.set(accessToken, user);
    tokens.set(refreshToken, user);
    const cookie = `interviewd_refresh=${refreshToken}; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=2592000`;
    return { status, body: { user, accessToken, expiresIn: 900, refreshToken }, headers: { 'Set-Cookie': cookie } };
  }
  const mine = (map, key, user) => (map.get(key)?.userId === user.id ? map.get(key) : null);
  const strip = (profile) => ({ ...profile, userId: undefined }); // JSON leaves undefined out
  const page = (items) => ({ status: 200, body: { items: items.reverse(), nextCursor: null } });

  function authRoutes(method, path, body, request) {
    const route = `${method} ${path}`;
    if (route === 'GET /health') return { status: 200, body: { status: 'ok', version: '0.1.0', accounts: accounts ? 'on' : 'off', signUps: 'on', mail: 'off' } };
    if (route === 'POST /auth/local') return accounts ? problem(403, 'accounts_on', 'This server has accounts; sign in with yours.') : signedIn(owner);
    if (route === 'POST /auth/signup') {
      if (users.has(body.email)) return problem(409, 'email_taken', 'An account with this e-mail address exists already.');
      const user = makeUser(body.email, body.displayName);
      users.set(body.email, { user, password: body.password });
      return signedIn(user, 201);
    }
    if (route === 'POST /auth/login') {
      const known = users.get(body.email);
      return known?.password === body.password ? signedIn(known.user) : problem(401, 'invalid_credentials', 'E-mail or password is not right.');
    }
    const cookie = /interviewd_refresh=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
    if (route === 'POST /auth/refresh') {
      const user = tokens.get(cookie);
      tokens.delete(cookie);
      return user ? signedIn(user) : problem(401, 'unauthorized', 'Sign in again.');
    }
    if (route === 'POST /auth/logout') {
      tokens.delete(cookie);
      return { status: 204, headers: { 'Set-Cookie': 'interviewd_refresh=; Max-Age=0; Path=/api/v1/auth' } };
    }
    return null;
  }

  function profileRoutes(method, key, body, user) {
    if (!key && method === 'GET') return page([...profiles.values()].filter((p) => p.userId === user.id).map(strip));
    const old = key ? mine(profiles, key, user) : null;
    if (key && !old) return problem(404, 'not_found', 'There is no such profile.');
    if (method === 'GET') return { status: 200, body: strip(old) };
    if (method === 'DELETE') return profiles.delete(key), { status: 204 };
    if (!body.name?.trim()) return problem(422, 'invalid_fields', '1 field is not right.', [{ field: '/name', message: 'must be 1 to 120 characters' }]);
    const made = {
      id: old?.id ?? id('p'),
      userId: user.id,
      role: '',
      yearsExperience: 0,
      skills: [],
      industry: '',
      context: '',
      ...body,
      createdAt: old?.createdAt ?? now(),
      updatedAt: now(),
    };
    profiles.set(made.id, made);
    return { status: old ? 200 : 201, body: strip(made) };
  }

  function sessionRoutes(method, key, rest, body, user, query) {
    if (!key && method === 'GET')
      return page([...sessions.values()].filter((s) => s.userId === user.id && (!query.get('status') || s.status === query.get('status'))));
    if (!key || key === 'create') {
      const session = {
        id: id('s'),
        userId: user.id,
        profileId: body.profileId ?? null,
        jobDescription: body.jobDescription ?? '',
        status: 'active',
        createdAt: now(),
        completedAt: null,
        duration: 0,
        questionCount: 0,
        title: body.title ?? '',
        metadata: { llmProvider: body.llmProvider ?? null, model: null, language: body.language ?? 'en' },
      };
      sessions.set(session.id, session);
      transcripts.set(session.id, []);
      return { status: 201, body: session };
    }
    const session = mine(sessions, key, user);
    if (!session) return problem(404, 'not_found', 'There is no such session.');
    if (rest === 'talk') return { status: 200, body: { speechMs: 0, speakers: [] } };
    if (rest === 'voice') return problem(503, 'unavailable', 'Voices cannot be told apart here.');
    if (rest === 'transcripts') {
      const items = [...transcripts.get(key)];
      return { status: 200, body: { items: query.get('order') === 'asc' ? items : items.reverse(), nextCursor: null } };
    }
    if (rest === 'export')
      return {
        status: 200,
        body: { exportedAt: now(), session, profile: null, transcripts: transcripts.get(key) },
        headers: { 'Content-Disposition': `attachment; filename="interview.${body.format}"` },
      };
    if (method === 'DELETE') return sessions.delete(key), { status: 204 };
    if (method === 'PUT' || method === 'PATCH') {
      Object.assign(session, body);
      if (body.status && body.status !== 'active') {
        session.completedAt = now();
        session.duration = (Date.now() - new Date(session.createdAt)) / 1000;
      }
    }
    return { status: 200, body: session };
  }

  const engines = {
    recognisers: [
      { name: 'whisper', model: null, active: false, note: 'No model file yet. “interviewd models get base.en” downloads one (148 MB).' },
      { name: 'pocketsphinx', model: 'en-us', active: true, note: 'Works offline at once and gets the gist of clear speech.' },
    ],
    providers: [
      { name: 'groq', models: [], configured: false, reachable: null, active: false, note: 'Give a key for it in the settings, or set GROQ_API_KEY.' },
      { name: 'ollama', models: ['llama3.2:3b'], configured: true, reachable: true, active: true, note: 'Runs on this machine.' },
      { name: 'outline', models: ['outline'], configured: true, reachable: true, active: true, note: 'Built in: talking points quoted from your profile.' },
    ],
  };

  const hearing = (language) => ({
    language,
    engine: language === 'en' ? 'pocketsphinx' : null,
    model: null,
    realTimeFactor: null,
    fetched: false,
    missing: null,
    offer: null,
    offerRealTimeFactor: null,
    mayFetch: true,
  });

  function api(method, path, query, body, request) {
    const open = authRoutes(method, path, body, request);
    if (open) return open;
    const user = tokens.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    if (!user) return problem(401, 'unauthorized', 'You are not signed in.');
    const [, area, key, rest] = path.split('/');
    if (path === '/auth/me') {
      if (method === 'PATCH') {
        if (body.displayName) user.displayName = body.displayName;
        Object.assign(user.settings, body.settings);
      }
      return { status: method === 'DELETE' ? 204 : 200, body: user };
    }
    if (area === 'profiles') return profileRoutes(method, key, body, user);
    if (area === 'sessions') return sessionRoutes(method, key, rest, body, user, query);
    if (area === 'engines') return { status: 200, body: engines };
    if (area === 'voice') return { status: 204 };
    if (area === 'hearing') return { status: 200, body: hearing(key) };
    return problem(404, 'not_found', 'There is nothing here.');
  }

  /** Points that quote lines of the profile which share words with the question. */
  function outlineOf(session, question) {
    const profile = profiles.get(session.profileId);
    const lines = (profile?.context ?? '').split('\n').filter((l) => l.startsWith('- '));
    const labels = ['Situation', 'Task', 'Action', 'Result'];
    const words = new Set(question.toLowerCase().match(/\w{4,}/g));
    const ranked = lines.toSorted((a, b) => score(b) - score(a)).slice(0, 2);
    function score(line) {
      return line.toLowerCase().match(/\w{4,}/g)?.filter((w) => words.has(w)).length ?? 0;
    }
    return ranked
      .flatMap((line) => line.slice(2).split(/(?<=\.) /).slice(0, 2))
      .map((quote, n) => ({ text: `${labels[n % 4]}: ${['Set the scene:', '', 'What you did:', 'End on it:'][n % 4]} “${quote}”`, label: labels[n % 4], source: { field: 'context', quote } }));
  }

  async function generate(session, question, sinceMs = 0) {
    interrupt(session.id, 'superseded');
    const begun = Date.now() - sinceMs;
    const send = (message) => listeners.get(session.id)?.forEach((socket) => socket.send(JSON.stringify(message)));
    const generation = { generationId: id('g'), text: '', stop: null };
    running.set(session.id, generation);
    const { generationId } = generation;
    const number = session.questionCount + 1;
    send({ type: 'started', generationId, questionNumber: number, question, provider: 'ollama', model: 'llama3.2:3b', eager: false });
    const points = outlineOf(session, question);
    send({ type: 'outline', generationId, kind: 'behavioral', points });
    const outlineMs = Date.now() - begun;
    let firstTokenMs = null;
    const text = `The clearest one is the ledger move at Northwind Pay. I led it, and the first rehearsal failed.\n\nI stopped the date, split the biggest table by month and rehearsed twice more. I told finance plainly why it would be three weeks later. In the end no transaction was lost, and the nightly close fell from four hours to thirty-five minutes.`;
    for (const word of text.split(/(?<=\s)/)) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      if (generation.stop) break;
      firstTokenMs ??= Date.now() - begun;
      generation.text += word;
      send({ type: 'delta', generationId, delta: word, finish: false });
    }
    if (running.get(session.id) === generation) running.delete(session.id);
    const latency = { finalMs: sinceMs, outlineMs, firstTokenMs, totalMs: Date.now() - begun };
    const kept = generation.stop !== 'superseded';
    const transcriptId = kept ? id('t') : null;
    if (kept) {
      session.questionCount = number;
      transcripts.get(session.id).push({
        id: transcriptId,
        sessionId: session.id,
        questionNumber: number,
        question,
        answer: generation.text,
        timestamp: now(),
        metrics: { responseTime: latency.totalMs / 1000, wordCount: generation.text.split(/\s+/).length, confidence: 0.9, qualityScore: null },
        audioUrl: null,
        kind: 'behavioral',
        outline: points,
        provider: 'ollama',
        model: 'llama3.2:3b',
        finishReason: generation.stop ?? 'stop',
        latency,
      });
    }
    send({ type: 'delta', generationId, delta: '', finish: true, finishReason: generation.stop ?? 'stop', transcriptId, latency });
  }
  function interrupt(sessionId, why) {
    const generation = running.get(sessionId);
    if (generation) generation.stop ??= why;
  }

  function hear(socket, session) {
    let start = { mode: 'hands_free', speaker: 'interviewer' };
    let samples = 0;
    let utterance = 0;
    let voiced = 0;
    let silent = 0;
    let begin = 0;
    const send = (message) => socket.send(JSON.stringify(message));
    const ms = () => Math.round(samples / 16);
    function finish() {
      const text = QUESTION.slice(0, Math.max(1, Math.floor(voiced / WORD_MS))).join(' ');
      const words = text.split(' ').map((t, n) => ({ text: t, startMs: begin + n * WORD_MS, endMs: begin + (n + 1) * WORD_MS, confidence: 0.9 }));
      send({ type: 'final', utterance, text, isFinal: true, startMs: begin, endMs: ms(), confidence: 0.91, language: 'en', words, latencyMs: 184 });
      send({ type: 'turn', utterance, state: 'ended', question: true, kind: 'behavioral' });
      voiced = 0;
      if (start.speaker === 'interviewer') void generate(session, text, 184);
    }
    send({ type: 'ready', engine: 'pocketsphinx', model: 'en-us' });
    socket.on('message', (data, binary) => {
      if (!binary) {
        const message = JSON.parse(data);
        if (message.type === 'start') start = { ...start, ...message };
        if (message.type === 'stop') {
          if (voiced > 0) finish();
          socket.close(1000);
        }
        return;
      }
      const pcm = new Int16Array(data.buffer.slice(data.byteOffset, data.byteOffset + (data.length & ~1)));
      samples += pcm.length;
      const rms = Math.sqrt(pcm.reduce((sum, x) => sum + x * x, 0) / Math.max(1, pcm.length));
      if (rms > VOICED_RMS) {
        if (voiced === 0) [utterance, begin] = [utterance + 1, ms()];
        voiced += pcm.length / 16;
        silent = 0;
        const words = QUESTION.slice(0, Math.floor(voiced / WORD_MS));
        const stable = words.slice(0, -2).join(' ').length;
        if (words.length > 0) send({ type: 'partial', utterance, text: words.join(' '), stable, isFinal: false, startMs: begin, endMs: ms() });
      } else if (voiced > 0 && start.mode === 'hands_free' && (silent += pcm.length / 16) > SILENCE_MS) finish();
    });
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://x');
    if (!url.pathname.startsWith('/api/v1')) return void serveStatic(request, response);
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const answer = api(request.method, url.pathname.slice('/api/v1'.length), url.searchParams, text ? JSON.parse(text) : {}, request);
      const type = answer.status >= 400 ? 'application/problem+json' : 'application/json';
      response.writeHead(answer.status, { 'Content-Type': type, ...answer.headers });
      response.end(answer.status === 204 ? undefined : JSON.stringify(answer.body));
    });
  });

  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    const url = new URL(request.url, 'http://x');
    const session = sessions.get(url.searchParams.get('session_id'));
    socket.once('message', (data) => {
      const message = JSON.parse(data);
      const user = message.type === 'authenticate' ? tokens.get(message.accessToken) : null;
      if (!user) return socket.close(4401);
      if (session?.userId !== user.id) return socket.close(4404);
      if (url.pathname === '/ws/transcribe') return hear(socket, session);
      if (!listeners.has(session.id)) listeners.set(session.id, new Set());
      listeners.get(session.id).add(socket);
      socket.on('close', () => listeners.get(session.id).delete(socket));
      socket.on('message', (raw) => {
        const said = JSON.parse(raw);
        if (said.type === 'generate') void generate(session, said.question);
        if (said.type === 'interrupt') interrupt(session.id, 'interrupted');
      });
    });
  });

  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        dropSockets: () => sockets.clients.forEach((socket) => socket.terminate()),
        close: () => {
          sockets.clients.forEach((socket) => socket.terminate());
          server.closeAllConnections();
          server.close();
        },
      }),
    );
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const at = process.argv.indexOf('--port');
  const standin = await startStandin({ port: at > 0 ? Number(process.argv[at + 1]) : 8080, accounts: process.argv.includes('--accounts') });
  console.log(standin.url);
}
