/**
 * A profile out of a file: its text is read here in the browser (lib/resume), and the server says what it understands of it. What the form of
 * the file tells field by field counts more than what was guessed. The person looks it over before anything is saved.
 */
import type { ProfileInput, ProfilePreview } from '@/types/session';
import { api, ApiError } from './api-client';

const NAME_MAX = 120;
const SKILLS_MAX = 100;
const SKILL_MAX = 64;

export const blankProfile: ProfileInput = { name: '', role: '', yearsExperience: 0, skills: [], industry: '', context: '' };

function short(text: string | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').trim().slice(0, NAME_MAX).trim();
}

function skillsOf(...lists: (string[] | undefined)[]): string[] {
  const list = lists.find((skills) => skills && skills.length > 0) ?? [];
  return [...new Set(list.map((skill) => skill.trim()).filter((skill) => skill !== '' && skill.length <= SKILL_MAX))].slice(0, SKILLS_MAX);
}

/** What stands in the fields already stays; empty ones get what is known or was understood. */
export function fillProfile(input: ProfileInput, seen: ProfilePreview | null): ProfileInput {
  return {
    ...input,
    name: short(input.name) || short(seen?.name),
    role: short(input.role) || short(seen?.role),
    industry: short(input.industry),
    skills: skillsOf(input.skills, seen?.skills),
    yearsExperience: input.yearsExperience || (seen?.yearsExperience ?? 0),
  };
}

async function preview(context: string): Promise<ProfilePreview | null> {
  try {
    return await api.post<ProfilePreview>('/profiles/preview', { context });
  } catch (error) {
    if (error instanceof ApiError) return null; // the text is there all the same, and the editor asks again
    throw error;
  }
}

export async function readProfile(file: File): Promise<ProfileInput> {
  const { readResume } = await import('./resume/read');
  const { text, known } = await readResume({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  const filled = fillProfile({ ...blankProfile, ...known, context: text }, await preview(text));
  return { ...filled, name: filled.name || short(file.name.replace(/\.[^.]*$/, '').replace(/[_-]+/g, ' ')) };
}
