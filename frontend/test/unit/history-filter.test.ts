import { describe, expect, it } from 'vitest';
import { filterOf, noFilter, requestOf, searchOf } from '@/lib/history-filter';

describe('the filter of the history', () => {
  it('stands in the address and comes back out of it', () => {
    const filter = { words: 'ledger & PostgreSQL', status: 'completed' as const, from: '2026-05-01', to: '2026-05-14', role: 'Data engineer', profileId: 'p_1' };
    expect(filterOf(searchOf(filter))).toEqual(filter);
    expect(searchOf(noFilter)).toBe('');
    expect(searchOf({ ...noFilter, role: '  ' })).toBe('');
  });

  it('takes no address for more than it is', () => {
    expect(filterOf('?status=everything&from=yesterday&to=2026-5-1&q=a')).toEqual({ ...noFilter, words: 'a' });
  });

  it('asks the server with all of it, in days as they are here', () => {
    const list = new URL(requestOf({ ...noFilter, status: 'active', from: '2026-05-01', to: '2026-05-01', role: 'SRE' }, 20), 'http://h');
    expect(list.pathname).toBe('/sessions');
    const { from, to, ...rest } = Object.fromEntries(list.searchParams);
    expect(rest).toEqual({ limit: '20', status: 'active', role: 'SRE' });
    expect([new Date(from!).getHours(), new Date(to!).getHours()]).toEqual([0, 23]);
    expect(new Date(to!).getTime() - new Date(from!).getTime()).toBe(86_400_000 - 1);
    expect(requestOf({ ...noFilter, words: ' ledger ', profileId: 'p_1' }, 20)).toBe('/search?limit=20&profileId=p_1&q=ledger');
  });
});
