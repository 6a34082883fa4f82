'use client';

import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Textarea } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { api, sentence } from '@/lib/api-client';
import { forget } from '@/lib/query';
import type { Transcript } from '@/types/session';

const WORDS_MAX = 20_000; // characters, as the server takes them

/** Ask a question again in its place, in the words it has now. */
export async function askAgain(line: Transcript): Promise<void> {
  await api.post('/llm/generate', { question: line.question, transcriptId: line.id });
  forget(`/sessions/${line.sessionId}`);
}

function Form({ line, onClose }: { line: Transcript; onClose: () => void }) {
  const [words, setWords] = useState(line.question);
  const [busy, setBusy] = useState<'save' | 'ask' | null>(null);
  const [failure, setFailure] = useState<string>();
  const asked = line.isQuestion !== false;

  async function save(what: 'save' | 'ask') {
    setBusy(what);
    setFailure(undefined);
    try {
      const corrected = await api.patch<Transcript>(`/transcripts/${line.id}`, { question: words.trim() });
      if (what === 'ask') await askAgain(corrected);
      forget(`/sessions/${line.sessionId}`);
      toast(what === 'ask' ? 'Asked again.' : 'Corrected. What was heard is kept beside it.');
      onClose();
    } catch (error) {
      setFailure(sentence(error));
      setBusy(null);
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void save('save');
  }

  return (
    <form onSubmit={submit} className="grid gap-5">
      <Textarea
        label="What was said"
        value={words}
        maxLength={WORDS_MAX}
        rows={4}
        required
        error={failure}
        hint={line.heard ? `Heard: ${line.heard}` : 'What was heard is kept beside it.'}
        onChange={(event) => setWords(event.target.value)}
      />
      <div className="flex flex-wrap justify-end gap-3">
        {line.heard && (
          <Button look="ghost" onClick={() => setWords(line.heard!)}>
            As it was heard
          </Button>
        )}
        <Button look="secondary" onClick={onClose}>
          Cancel
        </Button>
        {asked && (
          <Button look="secondary" busy={busy === 'ask'} disabled={busy !== null || words.trim() === ''} onClick={() => void save('ask')}>
            Save and ask again
          </Button>
        )}
        <Button type="submit" busy={busy === 'save'} disabled={busy !== null || words.trim() === ''}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** Other words for what was heard; null: closed. */
export function CorrectDialog({ line, onClose }: { line: Transcript | null; onClose: () => void }) {
  return (
    <Dialog open={line !== null} title="Correct what was heard" onClose={onClose}>
      {line && <Form key={line.id} line={line} onClose={onClose} />}
    </Dialog>
  );
}
