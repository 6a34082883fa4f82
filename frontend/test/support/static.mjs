// Serves out/ as interviewd does: precompressed files, and one exported page for every session id.
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const OUT = fileURLToPath(new URL('../../out', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

async function find(path) {
  for (const name of [path, join(path, 'index.html')]) {
    const body = await readFile(join(OUT, name)).catch(() => null);
    if (body) return { name, body };
  }
  return null;
}

export async function serveStatic(request, response) {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
  const file =
    (await find(path)) ?? (await find(path.replace(/^\/interview\/[^/]+/, '/interview/placeholder'))) ?? (await find('/404.html'));
  const packed = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') ? await readFile(join(OUT, `${file.name}.gz`)).catch(() => null) : null;
  response.writeHead(file.name === '/404.html' ? 404 : 200, {
    'Content-Type': TYPES[extname(file.name)] ?? 'application/octet-stream',
    'Cache-Control': file.name.startsWith('/_next/static/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    Vary: 'Accept-Encoding',
    ...(packed && { 'Content-Encoding': 'gzip' }),
  });
  response.end(request.method === 'HEAD' ? undefined : (packed ?? file.body));
}
