/** Bytes to text: what programs of the last thirty years wrote. */

const CONTROL = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/g;
const CONTROL_SHARE = 0.005; // a stray form feed or escape is no reason to refuse a text
const LOOK = 4096; // [bytes]

/** UTF-16 without a mark: every other byte of Latin text is 0. */
function utf16Without(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const head = bytes.subarray(0, LOOK);
  if (head.length < 4 || head.length % 2) return null;
  const zeros = [0, 0];
  head.forEach((byte, i) => (zeros[i % 2]! += byte === 0 ? 1 : 0));
  const half = head.length / 2;
  if (zeros[1]! > half * 0.7 && zeros[0]! < half * 0.1) return 'utf-16le';
  return zeros[0]! > half * 0.7 && zeros[1]! < half * 0.1 ? 'utf-16be' : null;
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const wide = utf16Without(bytes);
  if (wide) return wide;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** Null: these bytes are no text. */
export function decodeText(bytes: Uint8Array): string | null {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes);
  const odd = text.match(CONTROL)?.length ?? 0;
  return odd > text.length * CONTROL_SHARE || text.includes('\0') ? null : text;
}
