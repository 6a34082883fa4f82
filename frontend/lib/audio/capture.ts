/**
 * Opens a microphone or a shared tab and delivers 16 kHz mono frames of 40 ms.
 *
 *     const capture = await openCapture({ kind: 'microphone', deviceId }, (frame) => …, () => ended());
 *     capture.stop();
 *
 * Echo cancellation, noise suppression and gain control are off: they are made for a person at the other end and cost words.
 * Errors: CaptureError, whose message is for a person and says what to do.
 */
import type { CaptureFrame, InputKind } from '../../types/audio';

export interface CaptureRequest {
  kind: Exclude<InputKind, 'host'>;
  deviceId?: string | null;
}

export interface Capture {
  kind: InputKind;
  label: string;
  /** False while the browser holds its sound back: without a click, during a phone call, or for want of an output. */
  running(): boolean;
  resume(): void;
  stop(): void;
}

export class CaptureError extends Error {
  constructor(
    message: string,
    /** The person, or the browser in their name, said no: asking again by itself would be rude. */
    readonly refused = false,
  ) {
    super(message);
  }
}

const MIC_CONSTRAINTS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
const TAB_CONSTRAINTS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

function explain(error: unknown, kind: InputKind): CaptureError {
  const name = error instanceof DOMException ? error.name : '';
  const what = kind === 'microphone' ? 'the microphone' : 'the shared tab';
  if (name === 'NotAllowedError')
    return new CaptureError(
      kind === 'microphone'
        ? 'The browser was not allowed to use the microphone. Click the icon left of the address, allow it, and try again.'
        : 'Sharing was cancelled. Choose the tab of the call and tick “Also share tab audio”.',
      true,
    );
  if (name === 'NotFoundError' || name === 'OverconstrainedError')
    return new CaptureError('No such microphone is connected. Plug one in or choose another.');
  if (name === 'NotReadableError') return new CaptureError(`Another program holds ${what}. Close it there and try again.`);
  return new CaptureError(`The browser could not open ${what}${error instanceof Error && error.message ? `: ${error.message}` : '.'}`);
}

async function openStream(request: CaptureRequest): Promise<MediaStream> {
  if (!navigator.mediaDevices)
    throw new CaptureError('This browser gives no microphone to pages without HTTPS. Open the page on http://127.0.0.1 or over HTTPS.');
  if (request.kind === 'microphone') {
    const device = request.deviceId ? { deviceId: { exact: request.deviceId } } : {};
    return navigator.mediaDevices.getUserMedia({ audio: { ...MIC_CONSTRAINTS, ...device } });
  }
  if (!navigator.mediaDevices.getDisplayMedia)
    throw new CaptureError('This browser cannot share a tab. Use Chrome or Edge on a computer, or the microphone.');
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: TAB_CONSTRAINTS });
  if (stream.getAudioTracks().length > 0) return stream;
  stream.getTracks().forEach((track) => track.stop());
  throw new CaptureError('That share has no sound. Share a browser tab and tick “Also share tab audio”.');
}

const START_MS = 1500;

/**
 * Waits for it to run, but not for ever: a browser that holds it back, or finds no output, never says so. It is connected all the same, and
 * runs as soon as it may (LiveSession asks for it again and again).
 */
async function start(context: AudioContext): Promise<void> {
  const soon = new Promise<void>((resolve) => setTimeout(resolve, START_MS));
  await Promise.race([context.resume(), soon]);
  if (context.state === 'running') return;
  const { setSinkId } = context as { setSinkId?: (sink: { type: 'none' }) => Promise<void> };
  await setSinkId?.call(context, { type: 'none' }).catch(() => undefined); // nothing is played, so no output is needed
  void context.resume();
}

async function connect(stream: MediaStream, onFrame: (frame: CaptureFrame) => void): Promise<AudioContext> {
  const context = new AudioContext({ latencyHint: 'interactive' });
  await context.audioWorklet.addModule('/audio/capture.js');
  const source = context.createMediaStreamSource(new MediaStream(stream.getAudioTracks()));
  const node = new AudioWorkletNode(context, 'capture', { numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [1] });
  node.port.onmessage = (event: MessageEvent<CaptureFrame>) => onFrame(event.data);
  source.connect(node).connect(context.destination); // the node writes silence; connected so that the graph pulls it
  await start(context);
  return context;
}

export async function openCapture(
  request: CaptureRequest,
  onFrame: (frame: CaptureFrame) => void,
  onEnded: () => void,
): Promise<Capture> {
  let stream: MediaStream | null = null;
  try {
    stream = await openStream(request);
    const context = await connect(stream, onFrame);
    const tracks = stream.getTracks();
    let open = true;
    const stop = () => {
      if (!open) return;
      open = false;
      tracks.forEach((track) => track.stop());
      void context.close();
    };
    tracks.forEach((track) =>
      track.addEventListener('ended', () => {
        if (open) {
          stop();
          onEnded();
        }
      }),
    );
    return {
      kind: request.kind,
      label: stream.getAudioTracks()[0]?.label ?? '',
      running: () => context.state === 'running',
      resume: () => void context.resume().catch(() => undefined),
      stop,
    };
  } catch (error) {
    stream?.getTracks().forEach((track) => track.stop());
    throw error instanceof CaptureError ? error : explain(error, request.kind);
  }
}

/** The microphones the browser tells about; labels are empty until one was allowed. */
export async function listMicrophones(): Promise<MediaDeviceInfo[]> {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === 'audioinput' && device.deviceId !== '');
}
