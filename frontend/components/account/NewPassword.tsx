'use client';

import { useEffect, useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Failure } from '@/components/ui/failure';
import { Input, useFirstWrong } from '@/components/ui/field';
import { Link } from '@/components/ui/link';
import { api, ApiError, sentence } from '@/lib/api-client';
import { PASSWORD_MIN } from './Password';

/** What stands behind the # of the link; out of sight and history at once. */
export function takeToken(): string {
  const token = location.hash.slice(1);
  if (token) history.replaceState(null, '', location.pathname);
  return token;
}

/** Where a link out of a mail, or of an operator, leads: a password is set with it. */
export function NewPassword() {
  const [token, setToken] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [done, setDone] = useState(false);
  const [busy, setBusy] = useState(false);
  const form = useFirstWrong(errors);

  // Known in the browser alone; the page itself is made without it. Twice in development, where the second look finds nothing.
  // eslint-disable-next-line react-hooks/set-state-in-effect
  useEffect(() => setToken((known) => known || takeToken()), []);

  async function save(event: FormEvent) {
    event.preventDefault();
    setFailure(null);
    if (password.length < PASSWORD_MIN) return setErrors({ '/password': `At least ${PASSWORD_MIN} characters; a few words are easiest to remember.` });
    setErrors({});
    setBusy(true);
    try {
      await api.open('POST', '/auth/reset', { token, password });
      setDone(true);
    } catch (error) {
      if (error instanceof ApiError && error.fields['/password']) setErrors({ '/password': `It ${error.fields['/password']}.` });
      else setFailure(sentence(error));
    }
    setBusy(false);
  }

  return (
    <>
      <h1 className="font-serif text-display">Set a password</h1>
      {done ? (
        <p role="status" className="rounded-xl bg-accent-soft px-4 py-3">
          It is set, and whoever was signed in with the old one is signed out.
        </p>
      ) : token === '' ? (
        <Failure>
          This address lacks what belongs behind its “#”. Open the link as it stands in the mail, all of it.
        </Failure>
      ) : (
        <form ref={form} onSubmit={(event) => void save(event)} noValidate className="grid gap-5">
          <Input
            label="New password"
            type="password"
            autoComplete="new-password"
            maxLength={200}
            value={password}
            error={errors['/password']}
            hint={`At least ${PASSWORD_MIN} characters.`}
            onChange={(event) => setPassword(event.target.value)}
          />
          {failure && (
            <Failure>
              {failure}
            </Failure>
          )}
          <Button type="submit" size="lg" busy={busy}>
            Set the password
          </Button>
        </form>
      )}
      <div className="flex flex-wrap gap-6 font-semibold text-accent">
        <Link href="/login/" className="underline underline-offset-4">
          Sign in
        </Link>
        {!done && (
          <Link href="/forgot/" className="underline underline-offset-4">
            Ask for another link
          </Link>
        )}
      </div>
    </>
  );
}
