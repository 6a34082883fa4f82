'use client';

import { useEffect, useId, useRef, type ComponentProps, type ReactNode } from 'react';
import { cn } from '@/lib/utils';

interface Described {
  label: string;
  hint?: ReactNode;
  error?: string;
  /** Label for screen readers only. */
  quiet?: boolean;
}

function useDescription(hint: ReactNode, error?: string) {
  const id = useId();
  const describedBy = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
  return { id, describedBy };
}

function Frame({ id, label, hint, error, quiet, children }: Described & { id: string; children: ReactNode }) {
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className={quiet ? 'sr-only' : 'text-sm font-semibold'}>
        {label}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-faint">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-sm font-medium text-live">
          {error}
        </p>
      )}
    </div>
  );
}

export function Input({ label, hint, error, quiet, className, ...rest }: Described & ComponentProps<'input'>) {
  const { id, describedBy } = useDescription(hint, error);
  return (
    <Frame {...{ id, label, hint, error, quiet }}>
      <input id={id} aria-invalid={error ? true : undefined} aria-describedby={describedBy} {...rest} className={cn('field', className)} />
    </Frame>
  );
}

export function Textarea({ label, hint, error, quiet, className, ...rest }: Described & ComponentProps<'textarea'>) {
  const { id, describedBy } = useDescription(hint, error);
  return (
    <Frame {...{ id, label, hint, error, quiet }}>
      <textarea id={id} aria-invalid={error ? true : undefined} aria-describedby={describedBy} {...rest} className={cn('field', className)} />
    </Frame>
  );
}

export function Select({ label, hint, error, quiet, className, children, ...rest }: Described & ComponentProps<'select'>) {
  const { id, describedBy } = useDescription(hint, error);
  return (
    <Frame {...{ id, label, hint, error, quiet }}>
      <select id={id} aria-invalid={error ? true : undefined} aria-describedby={describedBy} {...rest} className={cn('field', className)}>
        {children}
      </select>
    </Frame>
  );
}

/** A box to tick; its label is the whole sentence. */
export function Checkbox({ label, className, ...rest }: { label: ReactNode } & Omit<ComponentProps<'input'>, 'type'>) {
  return (
    <label className={cn('flex cursor-pointer items-start gap-2.5 text-sm leading-snug has-[:disabled]:cursor-not-allowed has-[:disabled]:opacity-70', className)}>
      <input type="checkbox" {...rest} className="mt-0.5 size-4.5 shrink-0 accent-accent" />
      <span>{label}</span>
    </label>
  );
}

/** For a form's ref: when its errors change, the first field that is wrong gets the focus, and so is read out with what is wrong. */
export function useFirstWrong(errors: Record<string, string>) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus(), [errors]);
  return form;
}

export interface Choice<T extends string> {
  value: T;
  label: ReactNode;
  hint?: string;
  icon?: ReactNode;
}

/** One of a few, all visible: a radio group that looks like a row of keys (or of cards, when there are hints). */
export function Segmented<T extends string>(props: {
  label: string;
  value: T;
  choices: Choice<T>[];
  onChange: (value: T) => void;
  cards?: boolean;
  quiet?: boolean;
  disabled?: boolean;
}) {
  const name = useId();
  return (
    <fieldset className="@container grid gap-1.5" disabled={props.disabled}>
      <legend className={props.quiet ? 'sr-only' : 'mb-1.5 text-sm font-semibold'}>{props.label}</legend>
      <div className={props.cards ? 'grid gap-2.5 @lg:grid-cols-3' : 'inline-flex w-fit max-w-full flex-wrap rounded-xl border border-line bg-sunken p-1'}>
        {props.choices.map((choice) => (
          <label key={choice.value} className={props.cards ? cardClass : keyClass}>
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === props.value}
              onChange={() => props.onChange(choice.value)}
              className="sr-only"
            />
            {choice.icon}
            <span className="grid gap-0.5">
              <span className="font-semibold">{choice.label}</span>
              {props.cards && choice.hint && <span className="text-sm leading-snug text-faint">{choice.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const focusRing = 'has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2 has-[:focus-visible]:outline-accent';
const keyClass = cn(
  'inline-flex min-h-9 cursor-pointer items-center gap-1.5 rounded-lg px-3 text-sm text-soft hover:text-ink [&_svg]:size-4',
  'has-[:checked]:bg-raised has-[:checked]:text-ink has-[:checked]:shadow-card',
  focusRing,
);
const cardClass = cn(
  'flex cursor-pointer items-start gap-3 rounded-xl border border-line bg-raised p-3.5 hover:border-line-strong [&_svg]:mt-0.5 [&_svg]:size-5 [&_svg]:shrink-0 [&_svg]:text-soft',
  'has-[:checked]:border-accent has-[:checked]:bg-accent-soft has-[:checked]:[&_svg]:text-accent has-[:disabled]:cursor-not-allowed has-[:disabled]:opacity-55',
  focusRing,
);
