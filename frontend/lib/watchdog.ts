/**
 * Whether an input is well: a page that shows "Listening" while nothing arrives is worse than one that says so.
 *
 *     const dog = new Watchdog(performance.now());
 *     dog.frame(frame.peak, performance.now());                // for each frame
 *     dog.check(performance.now(), capture.running());         // every CHECK_MS; null: it is well
 */

/**
 * suspended: the browser holds its sound back. stalled: no frame comes. silent: frames come, of zeros and nothing else, which a microphone in a
 * room never gives. gone: its device went away.
 */
export type Ailment = 'suspended' | 'stalled' | 'silent' | 'gone';

export const CHECK_MS = 500;
const STALLED_MS = 1000;
const SILENT_MS = 8000;
const LATE_MS = 2 * CHECK_MS;

export class Watchdog {
  private frameAt: number;
  private soundAt: number;
  private checkedAt: number;

  constructor(now: number) {
    this.frameAt = this.soundAt = this.checkedAt = now;
  }

  frame(peak: number, now: number): void {
    this.frameAt = now;
    if (peak > 0) this.soundAt = now;
  }

  check(now: number, running: boolean): Ailment | null {
    const late = now - this.checkedAt;
    this.checkedAt = now;
    if (late > LATE_MS) {
      // the page itself stood still, or the computer slept: frames that came meanwhile are taken after this
      this.frameAt += late;
      this.soundAt += late;
    }
    if (!running) {
      this.frameAt = this.soundAt = now; // what is held back is not missing
      return 'suspended';
    }
    if (now - this.frameAt >= STALLED_MS) return 'stalled';
    return now - this.soundAt >= SILENT_MS ? 'silent' : null;
  }
}
