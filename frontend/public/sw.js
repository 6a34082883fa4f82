/*
 * The shell that stands in while the server is away (docs/architecture/decisions/0038-what-the-worker-caches.md).
 *
 * It keeps one page that says why nothing comes, with its script and icon, and nothing else: no part of the page itself, so that none can be old,
 * and nothing that the API answers, so that nothing said in an interview is ever in a cache. It looks at navigations alone; every other
 * request goes its way as if it were not here.
 */
const CACHE = 'interview-assistant.shell';
const PAGE = '/offline.html';
const FILES = [PAGE, '/offline.js', '/icon.svg'];
const NOBODY_BEHIND = [502, 504]; // what a proxy answers when the server behind it does not

async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })));
}

self.addEventListener('install', (event) => {
  self.skipWaiting(); // there is nothing that an older page and a newer worker could disagree about
  event.waitUntil(keepShell());
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

let fresh = false; // once for each time the browser starts the worker, so that a newer shell is there before it is needed

async function navigate(event) {
  try {
    const response = await fetch(event.request);
    if (!fresh && response.ok) {
      fresh = true;
      event.waitUntil(keepShell().catch(() => undefined));
    }
    if (!NOBODY_BEHIND.includes(response.status)) return response;
  } catch {
    // refused, no network, no name: the page below says what to do
  }
  return (await caches.match(PAGE, { cacheName: CACHE })) ?? Response.error();
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.mode === 'navigate' && request.method === 'GET') event.respondWith(navigate(event));
  else if (FILES.includes(new URL(request.url).pathname) && request.method === 'GET')
    event.respondWith(fetch(request).catch(async () => (await caches.match(request, { cacheName: CACHE })) ?? Response.error()));
});
