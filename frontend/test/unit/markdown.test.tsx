// @vitest-environment jsdom
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { AnswerText } from '@/components/interview/ResponseStreaming';
import { markUnsupported } from '@/lib/unsupported';

afterEach(cleanup);

describe('an answer with markup', () => {
  it('shows lists, tables and emphasis as what they are', async () => {
    render(<AnswerText text={'Two **ways**:\n\n1. Split it\n2. Move it\n\n| Way | Cost |\n|---|---|\n| Split | 3 days |'} />);
    expect((await screen.findByText('ways')).tagName).toBe('STRONG');
    expect(screen.getAllByRole('listitem').map((li) => li.textContent)).toEqual(['Split it', 'Move it']);
    expect(within(screen.getByRole('table')).getByRole('cell', { name: '3 days' })).toBeTruthy();
  });

  it('shows code as a block that can be copied, also while it is still being written', async () => {
    const { container } = render(<AnswerText running text={'Like this:\n\n```sql\nSELECT count(*) FROM ledger'} />);
    await waitFor(() => expect(container.querySelector('pre')?.textContent).toBe('SELECT count(*) FROM ledger'));
    expect(screen.getByRole('button', { name: 'Copy' })).toBeTruthy();
    await waitFor(() => expect(container.querySelector('.hljs-keyword')?.textContent).toBe('SELECT'));
  });

  it('follows no address but those of the web, and takes a tag for text', async () => {
    const { container } = render(<AnswerText text={'See [here](https://example.org/a), [not here](javascript:alert(1)) and <b onclick=x>this</b>.'} />);
    expect((await screen.findByRole('link', { name: 'here' })).getAttribute('href')).toBe('https://example.org/a');
    expect(screen.getAllByRole('link')).toHaveLength(1);
    expect(container.querySelector('b')).toBeNull();
    expect(container.textContent).toContain('<b onclick=x>this</b>');
  });

  it('dots what nothing supports, and names where words come from, inside of markup too', async () => {
    const text = '- With **Maya** it took 37 days [context]';
    const at = text.indexOf('Maya');
    render(<AnswerText text={markUnsupported(text, [{ start: at, end: at + 4, why: 'name' }])} />);
    expect(await screen.findByRole('button', { name: /^Maya/ })).toBeTruthy();
    expect(screen.getByRole('listitem').textContent).not.toContain('[context]');
  });

  it('leaves plain paragraphs plain', () => {
    const { container } = render(<AnswerText text={'One.\n\nTwo.'} />);
    expect([...container.querySelectorAll('p')].map((p) => p.textContent)).toEqual(['One.', 'Two.']);
  });
});
