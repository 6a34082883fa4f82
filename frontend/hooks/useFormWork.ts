'use client';

import { useState } from 'react';
import { useFirstWrong } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { ApiError, sentence } from '@/lib/api-client';

/** A form of several buttons: which of them works now, and what was wrong with its fields. What concerns no field is said in a toast. */
export function useFormWork<Work extends string>() {
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState<Work | null>(null);
  const form = useFirstWrong(errors);

  async function run(what: Work, work: () => Promise<void>) {
    setBusy(what);
    setErrors({});
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiError && Object.keys(error.fields).length > 0) setErrors(error.fields);
      else toast(sentence(error), true);
    }
    setBusy(null);
  }
  return { form, errors, busy, run };
}
