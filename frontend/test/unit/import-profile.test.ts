import { describe, expect, it } from 'vitest';
import { importProfile } from '@/lib/import-profile';

describe('a profile from a file', () => {
  it('takes a résumé as what answers may quote, named by its first line', () => {
    expect(importProfile('\uFEFF# Ada Lovelace\r\n\r\nWrote the first program.\r\n')).toMatchObject({
      name: 'Ada Lovelace',
      context: '# Ada Lovelace\n\nWrote the first program.',
    });
  });

  it('takes the JSON of a profile field by field', () => {
    expect(importProfile('{"name":"Ada","skills":["Maths",7],"yearsExperience":9,"context":"x"}')).toEqual({
      name: 'Ada',
      role: '',
      industry: '',
      skills: ['Maths'],
      yearsExperience: 9,
      context: 'x',
    });
  });

  it('refuses what is no text', () => {
    expect(importProfile('%PDF-1.7\0\0')).toBeNull();
    expect(importProfile('  \n')).toBeNull();
  });
});
