// Lints docs/api/openapi.yaml with redocly and checks that the generated types are fresh.
import { spawnSync } from 'node:child_process';

const steps = [
  ['node_modules/@redocly/cli/bin/cli.js', 'lint', '../docs/api/openapi.yaml', '--config', 'redocly.yaml'],
  ['scripts/types.mjs', '--check'],
];
for (const step of steps) {
  const { status } = spawnSync(process.execPath, step, {
    stdio: 'inherit',
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  if (status !== 0) process.exit(status ?? 1);
}
