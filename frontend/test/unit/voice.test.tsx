// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VoicePhrase } from '@/components/audio/VoicePhrase';
import { api, ApiError } from '@/lib/api-client';
import * as capture from '@/lib/audio/capture';
import { CONSENT, CONSENT_KEEP, wavOf } from '@/lib/voice';
import type { CaptureFrame } from '@/types/audio';

vi.mock('@/hooks/useAuth', () => ({ useMayRead: () => true }));

const consent = { agreedAt: '2026-01-01T00:00:00.000Z', wording: CONSENT };
const known = { known: true, speechMs: 6100, consent, kept: null };
const keptOne = { speechMs: 6100, ...consent };

/** A microphone that the test speaks into. */
function microphone() {
  const mic = { speak: (frames: number): void => void frames, open: false, unplug: () => {} };
  vi.spyOn(capture, 'openCapture').mockImplementation(async (_request, onFrame, onEnded) => {
    mic.open = true;
    mic.speak = (frames) => {
      for (let i = 0; i < frames; i++) onFrame({ pcm: new Int16Array(640).fill(i + 1), peak: 0.5, rms: 0.1 } as CaptureFrame);
    };
    mic.unplug = onEnded;
    return { kind: 'microphone', label: 'mic', running: () => true, resume: () => undefined, stop: () => void (mic.open = false) };
  });
  return mic;
}

let sent: { path: string; form: FormData }[];
let answer: () => unknown;
let kept: typeof keptOne | undefined;
const erased: string[] = [];
const session = vi.fn(async () => 's1');

beforeEach(() => {
  sent = [];
  erased.length = 0;
  answer = () => known;
  kept = undefined;
  session.mockClear();
  vi.spyOn(api, 'get').mockImplementation(async () => kept);
  vi.spyOn(api, 'delete').mockImplementation(async (path) => void erased.push(path));
  vi.spyOn(api, 'send').mockImplementation(async (_method, path, body) => {
    sent.push({ path, form: body as FormData });
    return new Response(JSON.stringify(answer()));
  });
});
afterEach(cleanup);

async function show() {
  render(<VoicePhrase deviceId={null} session={session} />);
  await screen.findByText(/^Not known/);
  return userEvent.setup();
}

const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>('button', { name });

async function say(user: ReturnType<typeof userEvent.setup>, mic: ReturnType<typeof microphone>) {
  await user.click(button('Record the sentence'));
  await screen.findByText(/^Read the sentence aloud/);
  act(() => mic.speak(150));
  await user.click(button('Done'));
}

describe('the phrase before an interview', () => {
  it('records nothing before it is agreed to', async () => {
    microphone();
    await show();
    expect(button('Record the sentence').disabled).toBe(true);
    expect(screen.getByLabelText<HTMLInputElement>(CONSENT_KEEP).disabled).toBe(true);
    expect(capture.openCapture).not.toHaveBeenCalled();
    expect(session).not.toHaveBeenCalled();
  });

  it('sends what was said together with the words that were agreed to, and says that the voice is known', async () => {
    const mic = microphone();
    const user = await show();
    await user.click(screen.getByLabelText(CONSENT));
    await say(user, mic);
    await screen.findByText(/^Known for this interview.*Learned from 6 s of speech/);
    expect(mic.open).toBe(false);
    expect(sent.map((s) => s.path)).toEqual(['/sessions/s1/voice']);
    const { form } = sent[0]!;
    expect([form.get('consent'), form.get('keep')]).toEqual([CONSENT, 'false']);
    expect((form.get('file') as File).size).toBe(44 + 150 * 640 * 2);
  });

  it('keeps the voice only for who asks for it, in so many words', async () => {
    const mic = microphone();
    const user = await show();
    await user.click(screen.getByLabelText(CONSENT));
    await user.click(screen.getByLabelText(CONSENT_KEEP));
    answer = () => ({ ...known, kept: keptOne });
    await say(user, mic);
    await screen.findByText(/kept for your next interviews/);
    expect([sent[0]!.form.get('consent'), sent[0]!.form.get('keep')]).toEqual([`${CONSENT} ${CONSENT_KEEP}`, 'true']);
    expect(screen.queryByRole('button', { name: /Keep it/ })).toBeNull();
  });

  it('can be kept afterwards, without saying it again', async () => {
    const mic = microphone();
    const user = await show();
    await user.click(screen.getByLabelText(CONSENT));
    await say(user, mic);
    await user.click(await screen.findByRole('button', { name: 'Keep it for my next interviews' }));
    expect([sent[1]!.form.get('consent'), sent[1]!.form.get('keep')]).toEqual([`${CONSENT} ${CONSENT_KEEP}`, 'true']);
    expect(session).toHaveBeenCalledTimes(1);
  });

  it('says why nothing was learned, and goes on from there', async () => {
    const mic = microphone();
    const user = await show();
    answer = () => {
      throw new ApiError(422, 'invalid_fields', 'One field is wrong.', { '/file': 'has less than 3 s of speech; say a whole sentence or two' });
    };
    await user.click(screen.getByLabelText(CONSENT));
    await say(user, mic);
    expect((await screen.findByRole('alert')).textContent).toMatch(/less than 3 s of speech/);
    answer = () => known;
    await say(user, mic);
    await screen.findByText(/^Known for this interview/);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('is forgotten: this session’s, or the one that is kept', async () => {
    const mic = microphone();
    const user = await show();
    await user.click(screen.getByLabelText(CONSENT));
    await say(user, mic);
    await user.click(await screen.findByRole('button', { name: 'Forget my voice' }));
    await screen.findByText(/^Not known/);
    cleanup();
    kept = keptOne;
    render(<VoicePhrase deviceId={null} session={session} />);
    await screen.findByText(/kept for your next interviews/);
    await user.click(button('Forget my voice'));
    await screen.findByText(/^Not known/);
    expect(erased).toEqual(['/sessions/s1/voice', '/voice']);
  });

  it('ends by itself when it is long enough, and when the microphone goes away', async () => {
    const mic = microphone();
    const user = await show();
    await user.click(screen.getByLabelText(CONSENT));
    await user.click(button('Record the sentence'));
    await screen.findByText(/^Read the sentence aloud/);
    act(() => mic.speak(400)); // 16 s
    await screen.findByText(/^Known for this interview/);
    expect((sent[0]!.form.get('file') as File).size).toBe(44 + 375 * 640 * 2);
    await user.click(button('Say it again'));
    await screen.findByText(/^Read the sentence aloud/);
    act(() => mic.speak(100));
    act(() => mic.unplug());
    await screen.findByText(/^Known for this interview/);
    expect(sent).toHaveLength(2);
  });

  it('closes the microphone when the page is left', async () => {
    const mic = microphone();
    const user = await show();
    await user.click(screen.getByLabelText(CONSENT));
    await user.click(button('Record the sentence'));
    await screen.findByText(/^Read the sentence aloud/);
    cleanup();
    expect(mic.open).toBe(false);
    expect(sent).toEqual([]);
  });

  it('can be done with the keyboard alone, and the focus stays', async () => {
    const mic = microphone();
    const user = await show();
    await user.tab();
    await user.keyboard(' ');
    await user.tab();
    await user.tab();
    expect(document.activeElement).toBe(button('Record the sentence'));
    await user.keyboard('{Enter}');
    await screen.findByText(/^Read the sentence aloud/);
    expect(document.activeElement).toBe(button('Done'));
    act(() => mic.speak(150));
    await user.keyboard('{Enter}');
    await screen.findByText(/^Known for this interview/);
    expect(document.activeElement).toBe(button('Say it again'));
  });
});

describe('wavOf', () => {
  it('is 16 kHz, 16 bit, mono', async () => {
    const bytes = new DataView(await wavOf([Int16Array.of(1, -2), Int16Array.of(3)]).arrayBuffer());
    expect([bytes.byteLength, bytes.getUint32(24, true), bytes.getUint16(34, true), bytes.getUint16(22, true), bytes.getUint32(40, true)]).toEqual([50, 16000, 16, 1, 6]);
    expect([0, 1, 2].map((i) => bytes.getInt16(44 + 2 * i, true))).toEqual([1, -2, 3]);
  });
});
