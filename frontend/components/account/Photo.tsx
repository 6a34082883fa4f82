'use client';

import { UserRound } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { toast } from '@/components/ui/toast';
import { api, sentence } from '@/lib/api-client';
import { removePhoto, setPhoto } from '@/lib/auth';
import type { User } from '@/types/user';

const SIDE = 256; // dots

/** The middle of a picture, small and without what a camera writes beside it, such as where it was taken. */
async function square(file: File): Promise<Blob> {
  const image = await createImageBitmap(file);
  const side = Math.min(image.width, image.height);
  const canvas = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE });
  canvas.getContext('2d')?.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  image.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('This picture cannot be read.'))), 'image/jpeg', 0.9),
  );
}

/** One's own photo as an address for <img>: it needs the access token, which an address cannot carry. */
function usePhoto(url: string | null): string | null {
  const [shown, setShown] = useState<string | null>(null);
  useEffect(() => {
    if (!url?.startsWith('/api/v1/')) return;
    const stop = new AbortController();
    let made: string | null = null;
    api
      .send('GET', url.slice('/api/v1'.length), undefined, stop.signal)
      .then(async (answer) => {
        made = URL.createObjectURL(await answer.blob());
        if (!stop.signal.aborted) setShown(made);
      })
      .catch(() => undefined); // the outline of a head stands for it
    return () => {
      stop.abort();
      setShown(null);
      if (made) URL.revokeObjectURL(made);
    };
  }, [url]);
  return shown;
}

export function Photo({ user }: { user: User }) {
  const picker = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const photo = usePhoto(user.photoURL);

  async function change(work: () => Promise<void>, said: string) {
    setBusy(true);
    try {
      await work();
      toast(said);
    } catch (error) {
      toast(error instanceof DOMException ? 'This file is not a picture that can be read.' : sentence(error), true);
    }
    setBusy(false);
    if (picker.current) picker.current.value = ''; // so that the same file can be chosen again
  }

  return (
    <div className="flex flex-wrap items-center gap-4">
      <span className="grid size-16 place-items-center overflow-hidden rounded-full bg-sunken">
        {/* eslint-disable-next-line @next/next/no-img-element -- it is made here, of bytes nobody else has */}
        {photo ? <img src={photo} alt="You" className="size-16 object-cover" /> : <UserRound className="size-8 text-faint" aria-hidden="true" />}
      </span>
      <input
        ref={picker}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        aria-label="Choose a photo"
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) void change(async () => setPhoto(await square(file)), 'Your photo is saved.');
        }}
      />
      <Button look="secondary" busy={busy} onClick={() => picker.current?.click()}>
        {user.photoURL ? 'Another photo' : 'Add a photo'}
      </Button>
      {user.photoURL && (
        <Button look="ghost" disabled={busy} onClick={() => void change(removePhoto, 'The photo is gone.')}>
          Remove it
        </Button>
      )}
    </div>
  );
}
