'use client';

import { Braces, FileText, Hash } from 'lucide-react';
import { useState } from 'react';
import { Dialog } from '@/components/ui/dialog';
import { api, sentence } from '@/lib/api-client';
import type { ExportFormat } from '@/types/session';

const FORMATS: { format: ExportFormat; title: string; hint: string; icon: typeof FileText }[] = [
  { format: 'pdf', title: 'PDF', hint: 'To read, print or send', icon: FileText },
  { format: 'md', title: 'Markdown', hint: 'For your notes', icon: Hash },
  { format: 'json', title: 'JSON', hint: 'Everything, for programs', icon: Braces },
];

async function download(sessionId: string, format: ExportFormat): Promise<void> {
  const response = await api.send('POST', `/sessions/${sessionId}/export`, { format });
  const named = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '');
  const url = URL.createObjectURL(await response.blob());
  const link = Object.assign(document.createElement('a'), { href: url, download: named?.[1] ?? `interview.${format}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function ExportDialog({ sessionId, open, onClose }: { sessionId: string; open: boolean; onClose: () => void }) {
  const [busy, setBusy] = useState<ExportFormat | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  async function save(format: ExportFormat) {
    setBusy(format);
    setFailure(null);
    try {
      await download(sessionId, format);
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
        <p role="alert" className="rounded-xl bg-live-soft px-4 py-3 font-medium text-live">
          {failure}
        </p>
      )}
    </Dialog>
  );
}
