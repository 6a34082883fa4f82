// Makes out/api/docs/: the API's description as JSON and Swagger UI, which shows it. Nothing of it is loaded by the app.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const VIEWER = ['swagger-ui-bundle.js', 'swagger-ui.css'];

export async function buildApiDocs(root) {
  const to = join(root, 'out', 'api', 'docs');
  await mkdir(to, { recursive: true });
  await cp(join(root, 'api-docs'), to, { recursive: true });
  for (const name of VIEWER) await cp(join(root, 'node_modules', 'swagger-ui-dist', name), join(to, name));
  const description = parse(await readFile(join(root, '..', 'docs', 'api', 'openapi.yaml'), 'utf8'));
  description.servers = [{ url: '/', description: 'This server' }];
  await writeFile(join(to, 'openapi.json'), JSON.stringify(description));
}
