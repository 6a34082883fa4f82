/**
 * A profile out of a file somebody has: the JSON of a profile (such as the repository's examples), or plain text (a résumé), whose first line
 * names it and whose whole is what answers may quote. The person looks it over before it is saved.
 */
import type { ProfileInput } from '../types/session';

export const FILE_MAX = 256 * 1024; // [bytes]; what a profile holds is checked by its form
const NAME_MAX = 120;

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function fromJson(content: string): ProfileInput | null {
  try {
    const it = JSON.parse(content) as Record<string, unknown>;
    if (typeof it !== 'object' || it === null || text(it.name) === '') return null;
    const skills = Array.isArray(it.skills) ? it.skills.filter((s): s is string => typeof s === 'string') : [];
    const yearsExperience = typeof it.yearsExperience === 'number' ? it.yearsExperience : 0;
    return { name: text(it.name), role: text(it.role), industry: text(it.industry), context: text(it.context), skills, yearsExperience };
  } catch {
    return null;
  }
}

/** Null when the file holds no text. */
export function importProfile(content: string): ProfileInput | null {
  if (content.includes('\0') || content.trim() === '') return null;
  const context = content.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n').trim();
  const name = context.split('\n')[0]!.replace(/^[#\s]+/, '').trim().slice(0, NAME_MAX);
  return fromJson(context) ?? { name, role: '', yearsExperience: 0, skills: [], industry: '', context };
}
