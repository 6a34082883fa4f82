/** Where the missing part of a story goes in the text that it stands in. */
import type { Schemas } from '@/types/session';

export type Story = Schemas['Story'];
export type StoryPart = Schemas['StoryPart'];

export const PARTS: StoryPart[] = ['situation', 'task', 'action', 'result'];

/** Where each story begins: they come in the order of the text, and one may be there twice. */
export function placesOf(context: string, stories: Story[]): number[] {
  let from = 0;
  return stories.map(({ text }) => {
    const at = context.indexOf(text, from);
    if (at >= 0) from = at + text.length;
    return at;
  });
}

const sentence = (words: string) => (/[.!?…。]$/.test(words) ? words : `${words}.`);

/** Behind the last part that comes before it in a story, else in front. */
function offsetOf(story: Story, part: StoryPart): number {
  const before = PARTS.slice(0, PARTS.indexOf(part));
  let end = 0;
  for (const told of story.parts) {
    const at = story.text.indexOf(told.text);
    if (at >= 0 && before.includes(told.part)) end = Math.max(end, at + told.text.length);
  }
  return part === 'result' ? story.text.length : end;
}

/** The text with the part said in these words, as a sentence of its own in the story that begins at `at`. */
export function tellPart(context: string, at: number, story: Story, part: StoryPart, words: string): string {
  const offset = offsetOf(story, part);
  const [head, tail] = [story.text.slice(0, offset).trimEnd(), story.text.slice(offset).trimStart()];
  const told = [head && sentence(head), sentence(words.trim().replace(/\s+/g, ' ')), tail].filter(Boolean).join(' ');
  return context.slice(0, at) + told + context.slice(at + story.text.length);
}
