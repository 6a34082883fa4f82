'use client';

import { Braces, Captions, FileText, FileType, Hash } from 'lucide-react';
import { useState } from 'react';
import { Dialog } from '@/components/ui/dialog';
import { Failure } from '@/components/ui/failure';
import { api, sentence } from '@/lib/api-client';
import { saveAnswer } from '@/lib/utils';
import type { ExportFormat, Session } from '@/types/session';

const FORMATS: { format: ExportFormat; title: string; hint: string; icon: typeof FileText }[] = [
  { format: 'pdf', title: 'PDF', hint: 'To read, print or send', icon: FileText },
  { format: 'docx', title: 'Word', hint: 'To go on writing', icon: FileType },
  { format: 'md', title: 'Markdown', hint: 'For your notes', icon: Hash },
  { format: 'srt', title: 'Subtitles', hint: 'What was said, beside a recording', icon: Captions },
  { format: 'json', title: 'JSON', hint: 'Everything, for programs and to import again', icon: Braces },
];

/** How far the clock here was from UTC at a time, as "+05:30". */
function utcOffset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const two = (n: number) => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

async function download(sessionId: string, createdAt: string, format: ExportFormat): Promise<void> {
  const response = await api.send('POST', `/sessions/${sessionId}/export`, { format, utcOffset: utcOffset(new Date(createdAt)) });
  await saveAnswer(response, `interview.${format}`);
}

export function ExportDialog({ session, open, onClose }: { session: Pick<Session, 'id' | 'createdAt'>; open: boolean; onClose: () => void }) {
  const [busy, setBusy] = useState<ExportFormat | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  async function save(format: ExportFormat) {
    setBusy(format);
    setFailure(null);
    try {
      await download(session.id, session.createdAt, format);
      onClose();
    } catch (error) {
      setFailure(sentence(error));
    }
    setBusy(null);
  }

  return (
    <Dialog open={open} title="Save this session" onClose={onClose}>
      <ul className="grid gap-2.5">
        {FORMATS.map(({ format, title, hint, icon: Icon }) => (
          <li key={format}>
            <button
              type="button"
              disabled={busy !== null}
              aria-busy={busy === format || undefined}
              onClick={() => void save(format)}
              className="flex w-full items-center gap-4 rounded-xl border border-line bg-raised p-4 text-left hover:border-accent disabled:opacity-60"
            >
              <Icon className="size-6 text-accent" aria-hidden="true" />
              <span className="grid">
                <span className="font-semibold">{title}</span>
                <span className="text-sm text-soft">{busy === format ? 'Preparing…' : hint}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {failure && (
        <Failure>
          {failure}
        </Failure>
      )}
    </Dialog>
  );
}
