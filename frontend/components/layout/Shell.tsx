'use client';

import { useEffect } from 'react';

/**
 * Has the browser keep the page that is shown while the server is away (public/sw.js), once everything else is done. Without HTTPS, but on this
 * machine, browsers have no workers; then nothing happens. Renders nothing.
 */
export function Shell() {
  useEffect(() => {
    if (process.env.NODE_ENV !== 'production' || !('serviceWorker' in navigator)) return;
    const register = () => void navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).catch(() => undefined); // forbidden: as without
    if (document.readyState === 'complete') register();
    else addEventListener('load', register, { once: true });
    return () => removeEventListener('load', register);
  }, []);
  return null;
}
