'use client';

import { X } from 'lucide-react';
import { useEffect, useRef, useState, type ClipboardEvent, type FormEvent, type KeyboardEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Failure } from '@/components/ui/failure';
import { Input, Textarea, useFirstWrong } from '@/components/ui/field';
import { api, ApiError, sentence } from '@/lib/api-client';
import { fillProfile } from '@/lib/read-profile';
import type { ProfileInput, ProfilePreview } from '@/types/session';
import { StoryCards } from './StoryCards';

const CONTEXT_BYTES = 65_536;
const SKILLS_MAX = 100;
const SKILL_MAX = 64;
const PASTED_MIN = 200; // a shorter paste is a line, no résumé
const PREVIEW_MAX = 20_000; // characters that are looked at for a name

/** Skills as chips: Enter or a comma adds one, Backspace in the empty field takes the last away, pasted lists are split. */
function Skills({ value, onChange, error }: { value: string[]; onChange: (skills: string[]) => void; error?: string }) {
  const [text, setText] = useState('');

  function add(raw: string) {
    const fresh = raw
      .split(/[,;\n]/)
      .map((s) => s.trim().slice(0, SKILL_MAX))
      .filter((s) => s !== '' && !value.includes(s));
    if (fresh.length > 0) onChange([...value, ...new Set(fresh)].slice(0, SKILLS_MAX));
    setText('');
  }
  function key(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === 'Enter' || event.key === ',') {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && text === '' && value.length > 0) onChange(value.slice(0, -1));
  }

  return (
    <div className="grid gap-2">
      <Input
        label="Skills"
        value={text}
        error={error}
        hint="Enter or a comma adds one."
        placeholder={value.length === 0 ? 'PostgreSQL, Incident response, …' : ''}
        onChange={(event) => (/[,;\n]/.test(event.target.value) ? add(event.target.value) : setText(event.target.value))}
        onKeyDown={key}
        onBlur={() => add(text)}
        maxLength={2000}
      />
      {value.length > 0 && (
        <ul aria-label="Skills so far" className="flex flex-wrap gap-2">
          {value.map((skill) => (
            <li key={skill} className="inline-flex items-center gap-1 rounded-full bg-accent-soft py-0.5 pr-1 pl-3 text-sm font-semibold text-accent-strong">
              {skill}
              <button
                type="button"
                aria-label={`Remove ${skill}`}
                onClick={() => onChange(value.filter((s) => s !== skill))}
                className="grid size-7 place-items-center rounded-full hover:bg-accent/15"
              >
                <X className="size-3.5" aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function check(input: ProfileInput): Record<string, string> {
  const errors: Record<string, string> = {};
  if (input.name.trim() === '') errors['/name'] = 'Give it a name, so that you can tell profiles apart.';
  if (!(input.yearsExperience! >= 0 && input.yearsExperience! <= 80)) errors['/yearsExperience'] = 'A number from 0 to 80.';
  if (new TextEncoder().encode(input.context).length > CONTEXT_BYTES) errors['/context'] = 'At most 64 KiB.';
  return errors;
}

interface Props {
  value: ProfileInput;
  onChange: (input: ProfileInput) => void;
  action: string;
  onSave: (input: ProfileInput) => Promise<void>;
  onCancel: () => void;
}

/** A text pasted into a profile that says nothing yet fills in who it is about, once it was understood. */
function usePasted(value: ProfileInput, onChange: (input: ProfileInput) => void) {
  const latest = useRef({ value, onChange });
  useEffect(() => {
    latest.current = { value, onChange };
  });
  return function pasted(event: ClipboardEvent<HTMLTextAreaElement>) {
    const text = event.clipboardData.getData('text/plain');
    if (value.context || value.name || value.role || text.length < PASTED_MIN) return;
    void api
      .post<ProfilePreview>('/profiles/preview', { context: text.slice(0, PREVIEW_MAX) })
      .then((seen) => latest.current.onChange(fillProfile(latest.current.value, seen)))
      .catch(() => undefined); // the fields stay empty, as before
  };
}

/** The editor of one profile. The server's field errors land beside their fields. */
export function ProfileForm({ value: input, onChange, action, onSave, onCancel }: Props) {
  const [errors, setErrors] = useState<Record<string, string>>({});
  const form = useFirstWrong(errors);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const pasted = usePasted(input, onChange);
  const set = (change: Partial<ProfileInput>) => onChange({ ...input, ...change });

  async function save(event: FormEvent) {
    event.preventDefault();
    const wrong = check(input);
    setErrors(wrong);
    setFailure(null);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    try {
      await onSave(input);
    } catch (error) {
      if (error instanceof ApiError) setErrors(error.fields);
      setFailure(sentence(error));
      setBusy(false);
    }
  }
  const skillError = Object.entries(errors).find(([field]) => field.startsWith('/skills'))?.[1];

  return (
    <form ref={form} onSubmit={(event) => void save(event)} noValidate className="grid gap-5">
      <div className="grid gap-5 sm:grid-cols-2">
        <Input label="Name of the profile" required maxLength={120} value={input.name} error={errors['/name']} onChange={(e) => set({ name: e.target.value })} />
        <Input label="Role you apply for" maxLength={120} value={input.role} error={errors['/role']} onChange={(e) => set({ role: e.target.value })} />
        <Input label="Industry" maxLength={120} value={input.industry} error={errors['/industry']} onChange={(e) => set({ industry: e.target.value })} />
        <Input
          label="Years of experience"
          type="number"
          inputMode="decimal"
          min={0}
          max={80}
          step="any"
          value={Number.isNaN(input.yearsExperience) ? '' : input.yearsExperience}
          error={errors['/yearsExperience']}
          onChange={(e) => set({ yearsExperience: e.target.valueAsNumber })}
        />
      </div>
      <Skills value={input.skills ?? []} onChange={(skills) => set({ skills })} error={skillError} />
      <Textarea
        label="What you have done"
        rows={14}
        value={input.context}
        error={errors['/context']}
        onChange={(e) => set({ context: e.target.value })}
        onPaste={pasted}
        placeholder={'Paste your résumé, then add stories. One fact a line works best:\nwhat the situation was, what you did, what came of it, with numbers.'}
        hint="Answers quote these lines and add nothing to them. Stored encrypted on this machine."
        className="font-serif text-lg"
      />
      <StoryCards context={input.context ?? ''} onChange={(context) => set({ context })} />
      {failure && (
        <Failure>
          {failure}
        </Failure>
      )}
      <div className="sticky bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-20 -mx-5 -mb-5 flex flex-wrap items-center gap-3 rounded-b-2xl border-t border-line bg-surface px-5 py-3 sm:-mx-6 sm:-mb-6 sm:px-6 lg:bottom-0">
        <Button type="submit" busy={busy}>
          {action}
        </Button>
        <Button look="ghost" onClick={onCancel}>
          Cancel
        </Button>
        <p className="hidden text-sm text-faint sm:block">Not saved yet: kept in this tab until you save or cancel.</p>
      </div>
    </form>
  );
}
