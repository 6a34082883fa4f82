'use client';

import { KeyRound } from 'lucide-react';
import { Link } from '@/components/ui/link';
import { useRouter } from 'next/navigation';
import { useEffect, useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Failure } from '@/components/ui/failure';
import { Input, useFirstWrong } from '@/components/ui/field';
import { useAuth } from '@/hooks/useAuth';
import { usePasskey } from '@/hooks/usePasskey';
import { ApiError, sentence } from '@/lib/api-client';
import { login, signup } from '@/lib/auth';

const PASSWORD_MIN = 10;

/** Where to go after signing in: back to the page that asked, if it is one of ours. */
function next(): string {
  const wanted = new URLSearchParams(location.search).get('next') ?? '/';
  return /^\/(?![/\\])/.test(wanted) ? wanted : '/';
}

function check(fresh: boolean, name: string, email: string, password: string): Record<string, string> {
  const errors: Record<string, string> = {};
  if (fresh && name.trim() === '') errors['/displayName'] = 'What should we call you?';
  if (!/^\S+@\S+\.\S+$/.test(email.trim())) errors['/email'] = 'An e-mail address, such as ada@example.com.';
  if (password === '') errors['/password'] = 'Type your password.';
  else if (fresh && password.length < PASSWORD_MIN) errors['/password'] = `At least ${PASSWORD_MIN} characters; a few words are easiest to remember.`;
  return errors;
}

/** Signing in, or up. */
export function SignIn({ fresh }: { fresh: boolean }) {
  const router = useRouter();
  const { phase } = useAuth();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const form = useFirstWrong(errors);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const passkey = usePasskey(!fresh && phase === 'out', setFailure);

  useEffect(() => {
    if (phase === 'in') router.replace(next()); // signed in already, or just now
  }, [phase, router]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const wrong = check(fresh, name, email, password);
    setErrors(wrong);
    setFailure(null);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    try {
      await (fresh ? signup(email.trim(), password, name.trim()) : login(email.trim(), password));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'email_taken') setErrors({ '/email': 'There is an account with this address. Sign in instead?' });
      else if (error instanceof ApiError && error.code === 'invalid_credentials') setFailure('E-mail or password is not right.');
      else {
        if (error instanceof ApiError) setErrors(Object.fromEntries(Object.entries(error.fields).map(([field, what]) => [field, `This ${what}.`])));
        setFailure(sentence(error));
      }
      setBusy(false);
    }
  }

  return (
    <>
      <div className="grid gap-2">
        <h1 className="font-serif text-display">{fresh ? 'Make an account' : 'Sign in'}</h1>
        <p className="text-soft">
          {fresh ? 'Have one already? ' : 'New here? '}
          <Link href={fresh ? '/login/' : '/signup/'} className="font-semibold text-accent underline underline-offset-4">
            {fresh ? 'Sign in' : 'Make an account'}
          </Link>
        </p>
      </div>
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate className="grid gap-5">
        {fresh && (
          <Input label="Your name" autoComplete="name" maxLength={120} value={name} error={errors['/displayName']} onChange={(e) => setName(e.target.value)} />
        )}
        <Input
          label="E-mail"
          type="email"
          autoComplete={fresh ? 'email' : 'username webauthn'}
          maxLength={254}
          value={email}
          error={errors['/email']}
          onChange={(e) => setEmail(e.target.value)}
        />
        <Input
          label="Password"
          type="password"
          autoComplete={fresh ? 'new-password' : 'current-password'}
          maxLength={200}
          value={password}
          error={errors['/password']}
          hint={fresh ? `At least ${PASSWORD_MIN} characters.` : undefined}
          onChange={(e) => setPassword(e.target.value)}
        />
        {!fresh && (
          <Link href="/forgot/" className="w-fit text-sm font-semibold text-accent underline underline-offset-4">
            Forgot your password?
          </Link>
        )}
        {failure && (
          <Failure>
            {failure}
          </Failure>
        )}
        <Button type="submit" size="lg" busy={busy}>
          {fresh ? 'Make the account' : 'Sign in'}
        </Button>
        {passkey.possible && (
          <Button
            look="secondary"
            size="lg"
            busy={passkey.busy}
            onClick={() => {
              setFailure(null);
              void passkey.ask();
            }}
          >
            <KeyRound aria-hidden="true" />
            Sign in with a passkey
          </Button>
        )}
      </form>
    </>
  );
}
