/** What LinkedIn sends of a profile ("Get a copy of your data"): tables as CSV, in a ZIP or one by one. */
import { Unreadable, type Resume } from './read';

type Row = Record<string, string>;

/** RFC 4180: quotes around fields with commas, lines and doubled quotes. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /("((?:[^"]|"")*)"|[^,\n]*)(,|\n|$)/gy;
  const source = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  for (let found = field.exec(source); found && field.lastIndex <= source.length; found = field.exec(source)) {
    row.push(found[2] !== undefined ? found[2].replaceAll('""', '"') : found[1]!);
    if (found[3] !== ',') {
      if (row.some((value) => value !== '')) rows.push(row);
      row = [];
    }
    if (found[3] === '') break;
  }
  return rows;
}

/** Some tables begin with notes; the names of columns are the first row with as many fields as the next. */
function table(text: string): Row[] {
  const rows = parseCsv(text);
  const start = rows.findIndex((row, i) => row.length > 1 && row.length === rows[i + 1]?.length);
  const names = rows[Math.max(start, 0)] ?? [];
  return rows.slice(Math.max(start, 0) + 1).map((row) => Object.fromEntries(names.map((name, i) => [name.trim(), (row[i] ?? '').trim()])));
}

const joined = (parts: (string | undefined)[], between: string) => parts.filter(Boolean).join(between);
const dates = (from?: string, to?: string) => (from ? `${from} to ${to || 'now'}` : to);

function position(row: Row): string {
  const points = (row.Description ?? '').split(/\n| {2,}(?=[•\-–*] )/).map((line) => line.trim());
  return joined([joined([row.Title, row['Company Name'], row.Location, dates(row['Started On'], row['Finished On'])], ', '), ...points], '\n');
}

function section(title: string, entries: string[]): string {
  return entries.length > 0 ? `${title}\n\n${entries.join('\n\n')}` : '';
}

/** Each table by the name of its file. */
export function readExport(files: [string, string][]): Resume {
  const rows = (name: string) => files.filter(([path]) => path.split('/').at(-1) === `${name}.csv`).flatMap(([, text]) => table(text));
  const me = rows('Profile')[0] ?? {};
  const name = joined([me['First Name'], me['Last Name']], ' ');
  const skills = rows('Skills').map((row) => row.Name ?? '').filter(Boolean);
  const parts = [
    joined([name, me.Headline], '\n'),
    me.Summary,
    section('Experience', rows('Positions').map(position)),
    section('Projects', rows('Projects').map((row) => joined([joined([row.Title, dates(row['Started On'], row['Finished On'])], ', '), row.Description], '\n'))),
    section('Education', rows('Education').map((row) => joined([joined([row['Degree Name'], row['School Name'], dates(row['Start Date'], row['End Date'])], ', '), row.Notes], '\n'))),
    section('Certificates', rows('Certifications').map((row) => joined([row.Name, row.Authority, row['Started On']], ', '))),
    skills.length > 0 ? `Skills: ${skills.join(', ')}` : '',
    rows('Languages').length > 0 ? `Languages: ${rows('Languages').map((row) => joined([row.Name, row.Proficiency], ' ')).join(', ')}` : '',
  ];
  const text = joined(parts, '\n\n');
  if (text === '')
    throw new Unreadable('That archive holds no LinkedIn profile: Profile.csv and Positions.csv are missing. Ask LinkedIn for a copy of your data once more, with the profile.');
  return { text, known: { ...(name ? { name } : {}), role: (me.Headline ?? '').slice(0, 120), industry: me.Industry ?? '', skills } };
}

/** One of the tables alone: by its name, else by its columns. */
export function readCsv(name: string, text: string): Resume {
  const columns = parseCsv(text).flat().slice(0, 40);
  const has = (...wanted: string[]) => wanted.every((column) => columns.includes(column));
  const is = has('First Name', 'Headline') ? 'Profile' : has('Company Name', 'Title') ? 'Positions' : has('School Name') ? 'Education' : name.replace(/.*\/|\.csv$/gi, '');
  if (!['Profile', 'Positions', 'Education', 'Skills', 'Projects'].includes(is))
    throw new Unreadable('That table is none of a LinkedIn profile. Drop the whole archive that LinkedIn sends, or Profile.csv or Positions.csv of it.');
  return readExport([[`${is}.csv`, text]]);
}
