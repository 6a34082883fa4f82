'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState, type FormEvent } from 'react';
import { SignIn } from '@/components/layout/SignIn';
import { Button } from '@/components/ui/button';
import { Failure } from '@/components/ui/failure';
import { Input, useFirstWrong } from '@/components/ui/field';
import { Link } from '@/components/ui/link';
import { useAuth } from '@/hooks/useAuth';
import { api, ApiError, sentence } from '@/lib/api-client';
import { signupByLink } from '@/lib/auth';
import type { Schemas } from '@/types/session';
import { takeToken } from './NewPassword';
import { PASSWORD_MIN } from './Password';

type Way = Schemas['Health']['signUps'];

/** Making an account, in the way that this server makes them. */
export function SignUp() {
  const [token, setToken] = useState<string | null>(null);
  const [way, setWay] = useState<Way | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  // Known in the browser alone, as in NewPassword.
  // eslint-disable-next-line react-hooks/set-state-in-effect
  useEffect(() => setToken((known) => known || takeToken()), []);
  useEffect(() => {
    api.open<Schemas['Health']>('GET', '/health').then(
      (health) => setWay(health.signUps),
      (error: unknown) => setFailure(sentence(error)),
    );
  }, []);

  if (failure) return <Failure>{failure}</Failure>;
  if (token === null || way === null) return null;
  if (way === 'on') return <SignIn fresh />;
  return (
    <>
      <div className="grid gap-2">
        <h1 className="font-serif text-display">Make an account</h1>
        <p className="text-soft">
          Have one already?{' '}
          <Link href="/login/" className="font-semibold text-accent underline underline-offset-4">
            Sign in
          </Link>
        </p>
      </div>
      {way === 'off' ? (
        <p className="rounded-xl bg-accent-soft px-4 py-3">On this server accounts are made by whoever runs it. Ask them for a link; with it you choose a password.</p>
      ) : token ? (
        <Finish token={token} onExpired={() => setToken('')} />
      ) : (
        <AskForLink />
      )}
    </>
  );
}

/** The first step. What is answered says nothing of whether there is such an account; the mail does. */
function AskForLink() {
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
      await api.open('POST', '/auth/signup/mail', { email: email.trim() });
      setSent(true);
    } catch (error) {
      if (error instanceof ApiError && error.fields['/email']) setErrors({ '/email': `It ${error.fields['/email']}.` });
      else setFailure(sentence(error));
    }
    setBusy(false);
  }

  if (sent)
    return (
      <p role="status" className="rounded-xl bg-accent-soft px-4 py-3">
        A mail is on its way to {email.trim()}. Its link goes on from here, and works for an hour. Nothing there? Look among unwanted mail, and whether the address is
        right.
      </p>
    );
  return (
    <form ref={form} onSubmit={(event) => void ask(event)} noValidate className="grid gap-5">
      <Input
        label="E-mail"
        type="email"
        autoComplete="email"
        maxLength={254}
        value={email}
        error={errors['/email']}
        hint="A mail to this address brings a link with which you choose a password."
        onChange={(event) => setEmail(event.target.value)}
      />
      {failure && <Failure>{failure}</Failure>}
      <Button type="submit" size="lg" busy={busy}>
        Send me a link
      </Button>
    </form>
  );
}

/** The second step, by who opened the link: a name and a password, and one is in. */
function Finish({ token, onExpired }: { token: string; onExpired: () => void }) {
  const router = useRouter();
  const { phase } = useAuth();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [expired, setExpired] = useState(false);
  const [busy, setBusy] = useState(false);
  const form = useFirstWrong(errors);

  useEffect(() => {
    if (phase === 'in') router.replace('/');
  }, [phase, router]);

  async function make(event: FormEvent) {
    event.preventDefault();
    const wrong: Record<string, string> = {};
    if (name.trim() === '') wrong['/displayName'] = 'What should we call you?';
    if (password.length < PASSWORD_MIN) wrong['/password'] = `At least ${PASSWORD_MIN} characters; a few words are easiest to remember.`;
    setErrors(wrong);
    setFailure(null);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    try {
      await signupByLink(token, password, name.trim());
    } catch (error) {
      if (error instanceof ApiError) setErrors(Object.fromEntries(Object.entries(error.fields).map(([field, what]) => [field, `This ${what}.`])));
      setExpired(error instanceof ApiError && error.code === 'link_expired');
      setFailure(sentence(error));
      setBusy(false);
    }
  }

  return (
    <form ref={form} onSubmit={(event) => void make(event)} noValidate className="grid gap-5">
      <Input label="Your name" autoComplete="name" maxLength={120} value={name} error={errors['/displayName']} onChange={(event) => setName(event.target.value)} />
      <Input
        label="Password"
        type="password"
        autoComplete="new-password"
        maxLength={200}
        value={password}
        error={errors['/password']}
        hint={`At least ${PASSWORD_MIN} characters.`}
        onChange={(event) => setPassword(event.target.value)}
      />
      {failure && <Failure>{failure}</Failure>}
      {expired ? (
        <Button type="button" size="lg" onClick={onExpired}>
          Ask for another link
        </Button>
      ) : (
        <Button type="submit" size="lg" busy={busy}>
          Make the account
        </Button>
      )}
    </form>
  );
}
