// @vitest-environment jsdom
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AnswerText } from '@/components/interview/ResponseStreaming';
import * as highlighting from '@/lib/highlight';
import { markUnsupported } from '@/lib/unsupported';

vi.mock('@/lib/highlight', { spy: true });

afterEach(cleanup);

describe('an answer with markup', () => {
  it('shows lists, tables and emphasis as what they are', async () => {
    render(<AnswerText text={'Two **ways**:\n\n1. Split it\n2. Move it\n\n| Way | Cost |\n|---|---|\n| Split | 3 days |'} />);
    expect((await screen.findByText('ways')).tagName).toBe('STRONG');
    expect(screen.getAllByRole('listitem').map((li) => li.textContent)).toEqual(['Split it', 'Move it']);
    expect(within(screen.getByRole('table')).getByRole('cell', { name: '3 days' })).toBeTruthy();
  });

  it('shows code as a block that can be copied, also while it is still being written', async () => {
    const { container } = render(<AnswerText running text={'Like this:\n\n```sql\nSELECT count(*)\nFROM ledger'} />);
    await waitFor(() => expect(container.querySelector('pre')?.textContent).toBe('SELECT count(*)\nFROM ledger'));
    expect(screen.getByRole('button', { name: 'Copy' })).toBeTruthy();
    await waitFor(() => expect(container.querySelector('.hljs-keyword')?.textContent).toBe('SELECT'));
  });

  it('finds out an unknown language once, when the block is whole, and colours a known one line by line', async () => {
    const tried = vi.mocked(highlighting.highlight);
    tried.mockClear();
    const block = (language: string, code: string, closed = false) => `Like this:\n\n\`\`\`${language}\n${code}${closed ? '\n```' : ''}`;
    const code = 'let a = 1\nlet b = 2\nlet c = 3';
    const { container, rerender } = render(<AnswerText running text={block('', 'l')} />);
    for (let end = 2; end <= code.length; end += 1) rerender(<AnswerText running text={block('', code.slice(0, end))} />);
    await waitFor(() => expect(container.querySelector('pre')?.textContent).toBe(code));
    await waitFor(() => expect(tried).toHaveBeenCalled());
    expect(tried.mock.results.map((r) => r.value as unknown).every((found) => found === null)).toBe(true);
    expect(tried.mock.calls.length).toBeLessThanOrEqual(2); // for each line that was completed
    rerender(<AnswerText text={block('', code, true)} />);
    await waitFor(() => expect(tried.mock.results.filter((r) => r.value !== null)).toHaveLength(1));
    expect(container.querySelector('pre')?.textContent).toBe(code);

    rerender(<AnswerText running text={block('js', code)} />);
    await waitFor(() => expect(container.querySelectorAll('.hljs-keyword')).toHaveLength(2)); // the third line is not whole
    rerender(<AnswerText running text={block('js', `${code} + 4`)} />);
    expect(container.querySelectorAll('.hljs-keyword')).toHaveLength(2); // and they do not go plain meanwhile
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
