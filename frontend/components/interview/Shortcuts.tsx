export const KEYS: [string, string][] = [
  ['Esc', 'Stop the answer that is being written'],
  ['Space', 'Hold while the question is asked (push-to-talk)'],
  ['/', 'Type a question'],
  ['M', 'Mute and unmute'],
  ['[  ]', 'Previous and next question'],
  ['−  +', 'Smaller and larger answer'],
  ['?', 'This list'],
];

export function Shortcuts() {
  return (
    <dl className="grid gap-2.5">
      {KEYS.map(([key, does]) => (
        <div key={key} className="flex items-center gap-4">
          <dt className="w-16 shrink-0">
            <kbd className="rounded-md border border-line-strong bg-raised px-2 py-0.5 font-sans text-sm font-semibold whitespace-pre">{key}</kbd>
          </dt>
          <dd className="text-soft">{does}</dd>
        </div>
      ))}
    </dl>
  );
}
