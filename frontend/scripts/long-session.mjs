// Sessions of the length of a very long day, for scripts that measure.
const METRICS = { responseTime: 1, wordCount: 120, confidence: 0.9, qualityScore: 70, speechMs: 6000 };
const ANSWER = [
  'I led the migration of the ledger to PostgreSQL. We rehearsed it fourteen times, and each time wrote down what went wrong.',
  '- **Stop the date** when the first rehearsal failed\n- Split the biggest table by month\n- Tell the teams around it every Friday',
  'In the end 2,000 million rows moved with 11 minutes of downtime, and nobody was called at night.',
].join('\n\n');

/** So many pairs, with `lines` lines of talk between each two of them. */
export function longSession(pairs, lines = 1, status = 'completed') {
  const transcripts = [];
  for (let n = 1; n <= pairs; n += 1) {
    const timestamp = new Date(Date.UTC(2026, 4, 14, 9, 0, n * 20)).toISOString();
    const outline = [{ text: 'Say why the date was stopped', source: { field: 'context', quote: 'the first rehearsal failed' } }];
    for (let k = 1; k <= lines; k += 1)
      transcripts.push({ questionNumber: n, timestamp, metrics: METRICS, question: `Yes, and then we had to decide what to do about part ${lines > 1 ? `${n}.${k}` : n}.`, answer: '', isQuestion: false, speaker: k % 2 ? 'candidate' : 'interviewer' });
    transcripts.push({ questionNumber: n, timestamp, metrics: METRICS, question: `Tell me about part ${n} of the migration: what went wrong, and what did you do about it?`, answer: ANSWER, speaker: 'interviewer', kind: 'behavioral', provider: 'groq', outline });
  }
  return { session: { status, createdAt: '2026-05-14T09:00:00.000Z', title: 'A long day' }, transcripts };
}

/** Imports it; its id, and the token that was used. */
export async function importSession(base, session) {
  async function post(path, body, token) {
    const headers = { 'Content-Type': 'application/json', Origin: base, ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${base}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
  const { accessToken } = await post('/auth/local', {});
  return { ...(await post('/sessions/import', session, accessToken)), accessToken };
}
