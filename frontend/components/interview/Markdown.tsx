'use client';

import { Check, Copy } from 'lucide-react';
import { lexer, type Token, type Tokens } from 'marked';
import { useEffect, useState, type ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import type { Node } from '@/lib/highlight';
import { Marked } from './Marked';

/**
 * An answer with its markup rendered: paragraphs, lists, tables, code. `text` may be marked (lib/unsupported.ts) and may still grow: a code block
 * that is not closed yet is shown as one. Only marked's tokens are used, never HTML: what looks like a tag is text.
 */
export default function Markdown({ text, running }: { text: string; running: boolean }) {
  const blocks = lexer(text, { gfm: true, breaks: true }).filter((token) => token.type !== 'space');
  return blocks.map((token, at) => <Block key={at} token={token} caret={running && at === blocks.length - 1} />);
}

const rows = (tokens: Token[] | undefined) => (tokens ?? []).map((token, at) => <Inline key={at} token={token} />);

/** An address that a click may follow; anything else of a link is shown as text. */
function isWeb(href: string): boolean {
  return /^https?:\/\//i.test(href);
}

function Inline({ token }: { token: Token }): ReactNode {
  const inner = 'tokens' in token && token.tokens ? rows(token.tokens) : null;
  switch (token.type) {
    case 'strong':
      return <strong className="font-semibold">{inner}</strong>;
    case 'em':
      return <em>{inner}</em>;
    case 'del':
      return <del>{inner}</del>;
    case 'codespan':
      return <code className="rounded bg-sunken px-1 font-mono text-[0.85em]">{(token as Tokens.Codespan).text}</code>;
    case 'br':
      return <br />;
    case 'link': {
      const { href } = token as Tokens.Link;
      if (!isWeb(href)) return inner;
      return (
        <a href={href} target="_blank" rel="noreferrer noopener" className="text-accent underline underline-offset-4">
          {inner}
        </a>
      );
    }
    case 'escape':
      return (token as Tokens.Escape).text;
    default:
      return inner ?? <Marked text={(token as Tokens.Text).raw} />;
  }
}

function Block({ token, caret }: { token: Token; caret: boolean }): ReactNode {
  const end = caret ? 'caret' : '';
  switch (token.type) {
    case 'heading':
      return (
        <p dir="auto" className={`font-sans text-lg font-semibold ${end}`}>
          {rows((token as Tokens.Heading).tokens)}
        </p>
      );
    case 'list':
      return <List list={token as Tokens.List} caret={caret} />;
    case 'code':
      return <Code code={token as Tokens.Code} growing={caret} />;
    case 'blockquote':
      return (
        <blockquote dir="auto" className={`border-l-3 border-line-strong pl-4 text-soft ${end}`}>
          {((token as Tokens.Blockquote).tokens ?? []).map((t, at) => (
            <Block key={at} token={t} caret={false} />
          ))}
        </blockquote>
      );
    case 'table':
      return <Table table={token as Tokens.Table} />;
    case 'hr':
      return <hr className="border-line" />;
    default:
      return (
        <p dir="auto" className={`relative ${end}`}>
          {'tokens' in token && token.tokens ? rows(token.tokens) : <Marked text={token.raw} />}
        </p>
      );
  }
}

function List({ list, caret }: { list: Tokens.List; caret: boolean }) {
  const items = list.items.map((item, at) => (
    <li key={at} dir="auto" className={caret && at === list.items.length - 1 ? 'caret' : undefined}>
      {item.tokens.map((t, n) => (t.type === 'text' || t.type === 'paragraph' ? <Inline key={n} token={t} /> : <Block key={n} token={t} caret={false} />))}
    </li>
  ));
  const look = 'grid gap-1.5 ps-6 marker:text-faint';
  return list.ordered ? (
    <ol start={list.start || 1} className={`list-decimal ${look}`}>
      {items}
    </ol>
  ) : (
    <ul className={`list-disc ${look}`}>{items}</ul>
  );
}

function Table({ table }: { table: Tokens.Table }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div tabIndex={0} role="region" aria-label="Table" className="overflow-x-auto">
      <table className="w-full border-collapse font-sans text-base">
        <thead>
          <tr>
            {table.header.map((cell, at) => (
              <th key={at} scope="col" dir="auto" className="border-b border-line-strong px-2 py-1.5 text-start font-semibold">
                {rows(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, r) => (
            <tr key={r}>
              {row.map((cell, at) => (
                <td key={at} dir="auto" className="border-b border-line px-2 py-1.5 align-top">
                  {rows(cell.tokens)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A node of highlighted code as elements. */
function Highlighted({ node }: { node: Node }): ReactNode {
  if (node.type === 'text') return node.value;
  if (node.type !== 'element') return null;
  const inner = node.children.map((child, at) => <Highlighted key={at} node={child as Node} />);
  const names = node.properties['className'];
  return <span className={Array.isArray(names) ? names.join(' ') : undefined}>{inner}</span>;
}

/** While it grows, whole lines get their colours as they are complete, and the rest is plain until then. */
function Code({ code, growing }: { code: Tokens.Code; growing: boolean }) {
  const [coloured, setColoured] = useState<{ text: string; nodes: Node[] } | null>(null);
  const [copied, setCopied] = useState(false);
  const language = code.lang?.split(/\s/)[0] ?? '';
  const lines = growing ? code.text.slice(0, code.text.lastIndexOf('\n') + 1) : code.text;
  useEffect(() => {
    if (lines === '') return;
    let wanted = true;
    void import('@/lib/highlight').then(({ highlight }) => {
      const nodes = wanted ? highlight(lines, language, growing) : null;
      if (nodes) setColoured({ text: lines, nodes });
    });
    return () => {
      wanted = false;
    };
  }, [lines, language, growing]);
  const done = coloured && code.text.startsWith(coloured.text) ? coloured : null;

  async function copy() {
    try {
      await navigator.clipboard.writeText(code.text);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      setCopied(false); // the browser does not allow it: the text can still be selected
    }
  }

  return (
    <figure dir="ltr" className="overflow-hidden rounded-xl border border-line bg-sunken">
      <figcaption className="flex items-center justify-between border-b border-line pl-4 font-sans text-sm text-faint">
        {language || 'Code'}
        <Button look="ghost" size="sm" onClick={() => void copy()}>
          {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </figcaption>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} className="overflow-x-auto p-4 font-mono text-[0.95rem] leading-relaxed">
        <code>
          {done?.nodes.map((node, at) => <Highlighted key={at} node={node} />)}
          {code.text.slice(done?.text.length ?? 0)}
        </code>
      </pre>
    </figure>
  );
}
