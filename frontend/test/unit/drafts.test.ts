// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Drafts from '@/lib/drafts';

let drafts: typeof Drafts;

/** As after a reload: what is in memory is gone, what the tab keeps is not. */
async function reload() {
  vi.resetModules();
  drafts = await import('@/lib/drafts');
}

describe('a draft', () => {
  beforeEach(async () => {
    sessionStorage.clear();
    await reload();
  });

  it('outlives a reload until it is dropped', async () => {
    drafts.setDraft('u1', 'posting', 'We look for …');
    await reload();
    expect(drafts.draft('u1', 'posting').get()).toBe('We look for …');
    drafts.setDraft('u1', 'posting', null);
    await reload();
    expect(drafts.draft('u1', 'posting').get()).toBeNull();
  });

  it('is seen by nobody else, and goes with signing out', async () => {
    drafts.setDraft('u1', 'profile', { name: 'Ada' });
    expect(drafts.draft('u2', 'profile').get()).toBeNull();
    sessionStorage.setItem('something else', '1');
    drafts.dropDrafts();
    expect(drafts.draft('u1', 'profile').get()).toBeNull();
    expect(Object.keys(sessionStorage)).toEqual(['something else']);
  });

  it('that was begun before it was known who is signed in is theirs', () => {
    drafts.setDraft('u1', 'profile', 'kept');
    drafts.setDraft(drafts.NOBODY, 'posting', 'typed early');
    drafts.adoptDraft(drafts.NOBODY, 'posting');
    expect(drafts.draft(drafts.NOBODY, 'posting').get()).toBe('typed early');
    drafts.adoptDraft('u1', 'posting');
    drafts.adoptDraft('u1', 'profile');
    expect(drafts.draft('u1', 'posting').get()).toBe('typed early');
    expect(drafts.draft('u1', 'profile').get()).toBe('kept');
    expect(Object.keys(sessionStorage).some((key) => key.includes(drafts.NOBODY))).toBe(false);
  });

  it('without storage lasts as long as the page', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    drafts.setDraft('u1', 'posting', 'x');
    expect(drafts.draft('u1', 'posting').get()).toBe('x');
  });

  it('that is damaged is none', () => {
    sessionStorage.setItem('interview-assistant.draft.u1.posting', '{');
    expect(drafts.draft('u1', 'posting').get()).toBeNull();
  });
});
