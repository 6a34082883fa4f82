import { describe, expect, it } from 'vitest';
import { asAsked, changesOf, clock, grouped, milliseconds, plural, sessionTitle, when } from '@/lib/utils';
import type { Session } from '@/types/session';

const session = (jobDescription: string) => ({ jobDescription }) as Session;

describe('what was changed', () => {
  it('is told member by member', () => {
    const before = { name: 'Ada', skills: ['C', 'Go'], years: 3 };
    expect(changesOf(before, { ...before, skills: ['C', 'Go'] })).toEqual({});
    expect(changesOf(before, { name: 'Ada', skills: ['Go', 'C'], years: 0 })).toEqual({ skills: ['Go', 'C'], years: 0 });
    expect(changesOf<{ a?: number }>({}, { a: 1 })).toEqual({ a: 1 });
  });
});

describe('words about sessions', () => {
  it('tells times as people do', () => {
    expect([clock(5), clock(75), clock(3675)]).toEqual(['0:05', '1:15', '1:01:15']);
    expect([milliseconds(184.4), milliseconds(1234), milliseconds(null)]).toEqual(['184 ms', '1.2 s', '–']);
  });

  it('calls a session what its owner calls it', () => {
    expect(sessionTitle({ ...session('Staff engineer'), title: 'Acme' })).toBe('Acme');
    expect(sessionTitle({ ...session('Staff engineer'), title: '' })).toBe('Staff engineer');
  });

  it('names days near now', () => {
    const now = new Date(2026, 4, 14, 12, 0);
    expect(when(new Date(2026, 4, 14, 9, 5).toISOString(), now)).toBe('Today, 09:05');
    expect(when(new Date(2026, 4, 13, 23, 59).toISOString(), now)).toBe('Yesterday, 23:59');
    expect(when(new Date(2025, 0, 3, 8, 0).toISOString(), now)).toBe('3 Jan 2025');
    expect(when(new Date(2026, 4, 12, 18, 30).toISOString(), now)).toBe('Tue, 12 May, 18:30');
  });

  it('titles a session by its job, else by the profile', () => {
    expect(sessionTitle(session('\n## Staff engineer\nmore'))).toBe('Staff engineer');
    expect(sessionTitle(session(''), { role: 'Nurse', name: 'N' } as never)).toBe('Nurse');
    expect(sessionTitle(session(''))).toBe('Practice interview');
    expect(sessionTitle(session('x'.repeat(200))).length).toBeLessThan(75);
    expect(sessionTitle({ ...session(''), unreadable: true })).toBe('Damaged session');
    expect(sessionTitle({ ...session('Staff engineer'), unreadable: true })).toBe('Staff engineer');
  });
});

describe('a spoken question as a headline', () => {
  it.each([
    ['Why do you want to leave.', 'Why do you want to leave?'],
    ['And how did that go', 'And how did that go?'],
    ['Can you describe it? Briefly.', 'Can you describe it? Briefly?'],
    ['What went wrong?', 'What went wrong?'],
    ['Tell me about yourself.', 'Tell me about yourself.'],
    ['Whatever you like.', 'Whatever you like.'],
    ['What then …', 'What then …'],
  ])('%s', (heard, shown) => expect(asAsked(heard)).toBe(shown));
});

it('groups the digits of large counts', () => {
  expect([grouped(999), grouped(10000), grouped(1234567)]).toEqual(['999', '10,000', '1,234,567']);
  expect(plural(10000, 'word')).toBe('10,000 words');
});
