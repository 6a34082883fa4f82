// The page and the wire: generated types are fresh, and what the page ships is valid.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe('docs/api/openapi.yaml', () => {
  it('is what types/api.ts was generated from (else run "npm run types")', { timeout: 60_000 }, () => {
    const { status, stdout } = spawnSync(process.execPath, ['scripts/types.mjs', '--check'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, 'types/api.ts is up to date\n']);
  });
});

describe('profiles/', () => {
  const names = readdirSync('../profiles').filter((name) => name.endsWith('.json'));
  it('has three examples', () => expect(names.length).toBeGreaterThanOrEqual(3));
  for (const name of names)
    it(`${name} keeps to the limits of a profile`, () => {
      const p = JSON.parse(readFileSync(`../profiles/${name}`, 'utf8')) as Record<string, unknown> & { skills: string[]; context: string };
      expect(Object.keys(p).sort()).toEqual(['context', 'industry', 'name', 'role', 'skills', 'yearsExperience']);
      expect((p.name as string).length).toBeLessThanOrEqual(120);
      expect(p.skills.every((s) => s.length >= 1 && s.length <= 64) && p.skills.length <= 100).toBe(true);
      expect(Buffer.byteLength(p.context)).toBeLessThanOrEqual(65_536);
    });
});
