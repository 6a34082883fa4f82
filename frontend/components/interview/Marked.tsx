import { splitUnsupported, type Why } from '@/lib/unsupported';
import { fieldName } from '@/lib/utils';

const MARK = /\s*\[(context|role|skills|industry|yearsExperience|jobDescription)\]/;

const HINTS: Record<Why, string> = {
  number: 'This number is not in your profile, the job description or what was said.',
  name: 'This name is not in your profile, the job description or what was said.',
  employer: 'This employer is not in your profile, the job description or what was said.',
};

/** Words that nothing supports: dotted for the eye, said in words to a screen reader, and on hover or focus to everybody. */
function Unsupported({ text, why }: { text: string; why: Why }) {
  return (
    <button
      type="button"
      className="group inline rounded-sm text-left underline decoration-live decoration-dotted decoration-2 underline-offset-4 select-text"
    >
      {text}
      <span className="sr-only"> ({HINTS[why]})</span>
      {/* laid out in the line of its word, but as wide as the paragraph allows: it never sticks out */}
      <span
        aria-hidden="true"
        className="pointer-events-none absolute left-0 z-10 mt-8 hidden max-w-full rounded-lg bg-ink px-3 py-2 font-sans text-sm leading-snug text-paper shadow-card group-hover:block group-focus:block"
      >
        {HINTS[why]}
      </span>
    </button>
  );
}

/** Text with the built-in answer's marks ("[context]") as quiet notes of where it was quoted from, and what nothing supports dotted. */
export function Marked({ text }: { text: string }) {
  return (
    <>
      {text.split(MARK).map((part, at) =>
        at % 2 === 0 ? (
          splitUnsupported(part).map((piece, n) => (piece.why ? <Unsupported key={n} text={piece.text} why={piece.why} /> : piece.text))
        ) : (
          <span key={at} className="ml-1.5 font-sans text-sm whitespace-nowrap text-faint">
            {fieldName(part)}
          </span>
        ),
      )}
    </>
  );
}
