/** What is captured, and how it is spoken about. */
/** `host`: what the server's machine plays; nothing is captured in the browser. */
export type InputKind = 'microphone' | 'tab' | 'host';
export type InputChoice = InputKind | 'both';
export type Speaker = 'interviewer' | 'candidate';
/** Who is heard: what the input is for or, once the candidate's voice is known, what the voice says. */
export type WhoSpeaks = Speaker | 'interviewer2' | 'unknown';
export type TurnMode = 'hands_free' | 'push_to_talk';

/** One piece of 16 kHz mono speech out of the worklet. */
export interface CaptureFrame {
  pcm: Int16Array;
  /** Largest absolute sample, 0 to 1. */
  peak: number;
  /** Root mean square, 0 to 1. */
  rms: number;
}
