/**
 * Code in an answer, in colours: the languages that interviews are about (highlight.js through lowlight, which makes a tree and no HTML). Loaded
 * when the first code block is shown.
 */
import { common, createLowlight } from 'lowlight';

const low = createLowlight(common);

export type Node = ReturnType<typeof low.highlight>['children'][number];

/**
 * `language` as the fence says it; one that is not known, and none, are found out, by trying them all. That is done once, when the block is whole:
 * null while it is `growing`.
 */
export function highlight(text: string, language: string, growing = false): Node[] | null {
  if (low.registered(language)) return low.highlight(language, text).children;
  return growing ? null : low.highlightAuto(text).children;
}
