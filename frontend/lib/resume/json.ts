/** A profile's own JSON (such as the repository's examples), or a résumé in the form of jsonresume.org (schema 1.0.0). */
import { Unreadable, type Resume } from './read';

type Json = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '');
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter((v): v is Json => typeof v === 'object' && v !== null) : []);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text).filter(Boolean) : []);
const joined = (parts: string[], between: string) => parts.filter(Boolean).join(between);

function ownProfile(it: Json): Resume {
  return {
    text: text(it.context),
    known: {
      name: text(it.name),
      role: text(it.role),
      industry: text(it.industry),
      skills: texts(it.skills),
      ...(typeof it.yearsExperience === 'number' ? { yearsExperience: it.yearsExperience } : {}),
    },
  };
}

function dates({ startDate, endDate, date }: Json): string {
  const [from, to] = [text(startDate), text(endDate)];
  return from ? `${from} to ${to || 'now'}` : to || text(date);
}

/** A heading with what, where and when; below it what is told, then the points. */
function entry(it: Json, ...names: string[]): string {
  const heading = joined([...names.map((name) => text(it[name])), dates(it)], ', ');
  return joined([heading, text(it.summary) || text(it.description), ...texts(it.highlights).map((point) => `- ${point}`)], '\n');
}

function section(title: string, entries: string[]): string {
  const told = entries.filter(Boolean);
  return told.length > 0 ? `${title}\n\n${told.join('\n\n')}` : '';
}

function jsonResume(it: Json): Resume {
  const basics = (it.basics ?? {}) as Json;
  const skills = objects(it.skills);
  const names = [...new Set(skills.flatMap((skill) => [text(skill.name), ...texts(skill.keywords)]).filter(Boolean))];
  const lists = [
    section('Experience', objects(it.work).map((work) => entry(work, 'name', 'company', 'position'))),
    section('Volunteering', objects(it.volunteer).map((work) => entry(work, 'organization', 'position'))),
    section('Projects', objects(it.projects).map((project) => entry(project, 'name', 'entity'))),
    section('Education', objects(it.education).map((study) => entry(study, 'studyType', 'area', 'institution'))),
    section('Certificates', objects(it.certificates).map((certificate) => entry(certificate, 'name', 'issuer'))),
    section('Awards', objects(it.awards).map((award) => entry(award, 'title', 'awarder'))),
    section('Publications', objects(it.publications).map((book) => entry(book, 'name', 'publisher', 'releaseDate'))),
    names.length > 0 ? `Skills: ${names.join(', ')}` : '',
    objects(it.languages).length > 0 ? `Languages: ${objects(it.languages).map((l) => joined([text(l.language), text(l.fluency)], ' ')).join(', ')}` : '',
  ];
  return {
    text: joined([joined([text(basics.name), text(basics.label)], '\n'), text(basics.summary), ...lists], '\n\n'),
    known: { name: text(basics.name), role: text(basics.label), skills: names },
  };
}

export function readJson(content: string): Resume {
  let it: unknown;
  try {
    it = JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch {
    throw new Unreadable('That file is no whole JSON: it ends early or has a wrong sign. Export it once more.');
  }
  if (typeof it === 'object' && it !== null && !Array.isArray(it)) {
    const known = it as Json;
    if (typeof known.basics === 'object' || Array.isArray(known.work)) return jsonResume(known);
    if (text(known.name) !== '') return ownProfile(known);
  }
  throw new Unreadable('That JSON is neither a profile of this program nor a JSON Resume (jsonresume.org).');
}
