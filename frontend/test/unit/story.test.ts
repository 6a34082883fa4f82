import { describe, expect, it } from 'vitest';
import { matchSummary, type Requirement } from '@/lib/match';
import { blankProfile, fillProfile } from '@/lib/read-profile';
import { placesOf, tellPart, type Story } from '@/lib/story';

const story = (text: string, ...parts: [Story['parts'][number]['part'], string][]): Story => ({
  heading: null,
  text,
  parts: parts.map(([part, told]) => ({ part, text: told })),
  missing: [],
});

describe('the missing part of a story', () => {
  const context = 'Acme\n- Cut the close from 4 hours to 35 minutes.\n- Led five.\n';
  const cut = story('Cut the close from 4 hours to 35 minutes.', ['action', 'Cut the close'], ['result', 'from 4 hours to 35 minutes.']);

  it('goes where it belongs, as a sentence', () => {
    const at = context.indexOf(cut.text);
    expect(tellPart(context, at, cut, 'task', ' I was asked to  halve it ')).toBe('Acme\n- I was asked to halve it. Cut the close from 4 hours to 35 minutes.\n- Led five.\n');
    const led = story('Led five', ['action', 'Led five']);
    expect(tellPart('- Led five', 2, led, 'result', 'Two were promoted!')).toBe('- Led five. Two were promoted!');
    const both = story('It was slow. It is fast.', ['situation', 'It was slow.'], ['result', 'It is fast.']);
    expect(tellPart(both.text, 0, both, 'action', 'I split it')).toBe('It was slow. I split it. It is fast.');
    expect(tellPart(both.text, 0, both, 'task', 'It was mine')).toBe('It was slow. It was mine. It is fast.');
  });

  it('is put into the right one of two that say the same', () => {
    const twice = '- Led five.\n- Led five.\n';
    expect(placesOf(twice, [story('Led five.'), story('Led five.')])).toEqual([2, 14]);
    expect(placesOf('changed meanwhile', [story('Led five.')])).toEqual([-1]);
  });
});

describe('what is understood of a text', () => {
  const seen = { name: 'Zoë', role: 'Engineer', yearsExperience: 4, skills: ['Go', 'Go', ' ', 'x'.repeat(65)], stories: [] };

  it('fills what is empty and leaves what is written', () => {
    expect(fillProfile(blankProfile, seen)).toEqual({ ...blankProfile, name: 'Zoë', role: 'Engineer', yearsExperience: 4, skills: ['Go'] });
    const written = { name: 'Me', role: 'Lead', yearsExperience: 9, skills: ['C'], industry: 'Law', context: 'x' };
    expect(fillProfile(written, seen)).toEqual(written);
    expect(fillProfile({ ...blankProfile, role: `a\n ${'b'.repeat(200)}` }, null).role).toHaveLength(120);
  });
});

describe('a posting held against a profile', () => {
  const asked = (text: string, found: Requirement['found']): Requirement => ({ text, found, source: null });

  it('is said in one sentence, what is not told first', () => {
    expect(matchSummary([asked('Go', 'story')])).toBe('; a story for each of them.');
    expect(matchSummary([asked('Go', 'mention'), asked('COBOL', 'nothing')])).toBe('; no story for “COBOL” and “Go”.');
    const many = ['a', 'b', 'c', 'd'].map((text) => asked(text, 'nothing'));
    expect(matchSummary(many)).toBe('; no story for “a”, “b” and 2 more.');
    expect(matchSummary([asked(`stakeholders ${'and others '.repeat(9)}`, 'nothing')])).toMatch(/^; no story for “stakeholders [^”]{20,50} …”\.$/);
  });
});
