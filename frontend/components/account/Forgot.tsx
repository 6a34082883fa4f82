'use client';

import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Failure } from '@/components/ui/failure';
import { Input, useFirstWrong } from '@/components/ui/field';
import { Link } from '@/components/ui/link';
import { api, ApiError, sentence } from '@/lib/api-client';

/** Asks for a mail with a link that sets another password. What is answered says nothing of whether there is such an account. */
export function Forgot() {
  const [email, setEmail] = useState('');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const form = useFirstWrong(errors);

  async function ask(event: FormEvent) {
    event.preventDefault();
    setFailure(null);
    if (!/^\S+@\S+\.\S+$/.test(email.trim())) return setErrors({ '/email': 'An e-mail address, such as ada@example.com.' });
    setErrors({});
    setBusy(true);
    try {
      await api.open('POST', '/auth/forgot', { email: email.trim() });
      setSent(true);
    } catch (error) {
      if (error instanceof ApiError) setErrors(error.fields);
      setFailure(sentence(error));
    }
    setBusy(false);
  }

  return (
    <>
      <div className="grid gap-2">
        <h1 className="font-serif text-display">Forgot your password?</h1>
        <p className="text-soft">A mail to your address brings a link with which you set another one.</p>
      </div>
      {sent ? (
        <p role="status" className="rounded-xl bg-accent-soft px-4 py-3">
          If there is an account with {email.trim()}, a mail is on its way to it. The link works for an hour. Nothing there? Look among unwanted mail, and whether the
          address is the one you signed up with.
        </p>
      ) : (
        <form ref={form} onSubmit={(event) => void ask(event)} noValidate className="grid gap-5">
          <Input
            label="E-mail"
            type="email"
            autoComplete="email"
            maxLength={254}
            value={email}
            error={errors['/email']}
            onChange={(event) => setEmail(event.target.value)}
          />
          {failure && (
            <Failure>
              {failure}
            </Failure>
          )}
          <Button type="submit" size="lg" busy={busy}>
            Send me a link
          </Button>
        </form>
      )}
      <Link href="/login/" className="w-fit font-semibold text-accent underline underline-offset-4">
        Back to signing in
      </Link>
    </>
  );
}
