'use client';

import { useEffect, useRef, useState } from 'react';

const holdsFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

/** Takes a file that is dropped anywhere on the page, which the browser would otherwise open in its place. True while one is held over it. */
export function useDropped(onFile: (file: File) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(onFile);
  useEffect(() => {
    latest.current = onFile;
  });
  useEffect(() => {
    function drag(event: DragEvent) {
      if (!holdsFile(event)) return;
      event.preventDefault();
      setOver(true);
    }
    function leave(event: DragEvent) {
      if (!event.relatedTarget) setOver(false); // out of the window, not from one element to the next
    }
    function drop(event: DragEvent) {
      if (!holdsFile(event)) return;
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) latest.current(file);
    }
    const of = { dragenter: drag, dragover: drag, dragleave: leave, drop };
    for (const [name, listener] of Object.entries(of)) window.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(of)) window.removeEventListener(name, listener as EventListener);
    };
  }, []);
  return over;
}
