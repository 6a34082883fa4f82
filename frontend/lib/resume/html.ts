/** The text of a web page: blocks as lines, list items with bullets, nothing of what is not shown. Parsed, never run or loaded. */
import type { Resume } from './read';

const SKIPPED = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'SVG', 'NAV', 'IFRAME', 'OBJECT', 'BUTTON', 'SELECT', 'TEXTAREA']);
const BLOCKS = new Set(
  'ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY DD DIV DL DT FIELDSET FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN OL P PRE SECTION TABLE TR UL'.split(' '),
);

function textOf(node: Node): string {
  let text = '';
  for (const child of node.childNodes) {
    if (child.nodeType === 3) text += node.nodeName === 'PRE' ? child.nodeValue : (child.nodeValue ?? '').replace(/\s+/g, ' ');
    if (child.nodeType !== 1) continue;
    const element = child as Element;
    const name = element.nodeName.toUpperCase();
    if (SKIPPED.has(name) || element.hasAttribute('hidden') || element.getAttribute('aria-hidden') === 'true') continue;
    if (name === 'BR') text += '\n';
    else if (name === 'LI') text += `\n- ${textOf(element).trim()}`;
    else if (/^H[1-6]$/.test(name)) text += `\n\n${textOf(element).trim()}\n`;
    else if (name === 'TD' || name === 'TH') text += `${textOf(element).trim()} `;
    else text += BLOCKS.has(name) ? `\n${textOf(element)}\n` : textOf(element);
  }
  return text;
}

export function readHtml(html: string): Resume {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  const lines = textOf(body).split('\n').map((line) => line.trim());
  return { text: lines.filter((line, i) => line !== '' || (lines[i - 1] ?? '') !== '').join('\n'), known: {} };
}
