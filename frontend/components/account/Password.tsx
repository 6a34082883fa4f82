'use client';

import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Input, useFirstWrong } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { api, ApiError, sentence } from '@/lib/api-client';
import { forget } from '@/lib/query';

export const PASSWORD_MIN = 10;

/** Another password, by who knows the one there is. */
export function Password() {
  const [current, setCurrent] = useState('');
  const [fresh, setFresh] = useState('');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const form = useFirstWrong(errors);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (fresh.length < PASSWORD_MIN) return setErrors({ '/new': `At least ${PASSWORD_MIN} characters; a few words are easiest to remember.` });
    setBusy(true);
    setErrors({});
    try {
      await api.post('/auth/password', { current, new: fresh });
      toast('The password is changed, and you are signed out everywhere else.');
      setCurrent('');
      setFresh('');
      forget('/auth/sign-ins');
    } catch (error) {
      if (error instanceof ApiError && error.code === 'invalid_credentials') setErrors({ '/current': 'That is not your password.' });
      else if (error instanceof ApiError && error.fields['/new']) setErrors({ '/new': `It ${error.fields['/new']}.` });
      else toast(sentence(error), true);
    }
    setBusy(false);
  }

  return (
    <form ref={form} onSubmit={(event) => void save(event)} noValidate aria-label="Change the password" className="grid gap-3 sm:grid-cols-2">
      <Input
        label="Password now"
        type="password"
        autoComplete="current-password"
        maxLength={200}
        value={current}
        error={errors['/current']}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <Input
        label="New password"
        type="password"
        autoComplete="new-password"
        maxLength={200}
        value={fresh}
        error={errors['/new']}
        onChange={(event) => setFresh(event.target.value)}
      />
      <Button type="submit" look="secondary" className="w-fit" busy={busy} disabled={current === '' || fresh === ''}>
        Change the password
      </Button>
    </form>
  );
}
