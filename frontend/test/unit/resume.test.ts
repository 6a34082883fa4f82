// @vitest-environment jsdom
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readResume, Unreadable } from '@/lib/resume/read';
import { parseCsv } from '@/lib/resume/linkedin';
import { plain } from '@/lib/resume/pdf';
import { bytesOf, header, latin, makeDocx, makePdf, makeZip, wordBullet, wordPara } from '../support/files';

const read = (name: string, bytes: Uint8Array | string) => readResume({ name, bytes: typeof bytes === 'string' ? bytesOf(bytes) : bytes });
const textOf = async (name: string, bytes: Uint8Array | string) => (await read(name, bytes)).text;

/** Refused with one sentence, or a few, that a person understands. */
async function refusal(name: string, bytes: Uint8Array | string): Promise<string> {
  const failure = await read(name, bytes).then(
    ({ text }) => expect.fail(`read: ${text.slice(0, 80)}`),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Unreadable);
  expect((failure as Error).message).toMatch(/^[A-Z].*\.$/);
  return (failure as Error).message;
}

describe('plain text', () => {
  const wanted = 'Zoë Müller\nLed 5 people – saved €30k “per year”.';
  it.each([
    ['UTF-8', bytesOf(wanted)],
    ['UTF-8 with a mark', bytesOf(`\uFEFF${wanted}`)],
    ['Windows 1252', latin('Zo\xeb M\xfcller\r\nLed 5 people \x96 saved \x8030k \x93per year\x94.')],
    ['UTF-16, little end first', new Uint8Array(Buffer.from(`\uFEFF${wanted}`, 'utf16le'))],
    ['UTF-16 without a mark', new Uint8Array(Buffer.from(wanted.replaceAll('–', '-').replace(/[“”€]/g, ''), 'utf16le'))],
    ['UTF-16, big end first', new Uint8Array(Buffer.from(`\uFEFF${wanted}`, 'utf16le').swap16())],
  ])('in %s', async (name, bytes) => {
    const expected = name.includes('without') ? wanted.replaceAll('–', '-').replace(/[“”€]/g, '') : wanted;
    expect(await textOf('me.txt', bytes)).toBe(expected);
  });

  it('is tidied, not changed', async () => {
    expect(await textOf('me.md', '# Ada\t \r\n\r\n\r\n\r\n- wrote\u00a0it  \r\n')).toBe('# Ada\n\n- wrote it');
  });
});

describe('a PDF', () => {
  it('gives its lines, gaps and pages', async () => {
    const pdf = makePdf([['Zo\xeb M\xfcller', 'Platform engineer', '', '\x95 Cut the nightly close from 4 hours to 35 minutes.'], ['Education']]);
    expect(await textOf('me.pdf', pdf)).toBe('Zoë Müller\nPlatform engineer\n\n• Cut the nightly close from 4 hours to 35 minutes.\n\nEducation');
  });

  it('is never taken as text, whatever it is called', async () => {
    const pdf = makePdf([['Ada']]);
    expect(pdf.includes(0)).toBe(false);
    expect(await textOf('me.txt', pdf)).toBe('Ada');
    expect(await refusal('me.txt', '%PDF-1.4\nAda Lovelace, engineer')).toMatch(/damaged/);
  });

  it('has letters where its fonts have signs of their own', () => {
    expect(plain('\uf0b7 e\ufb03cient \u2f47本')).toBe('• efficient 日本');
  });

  it('that is locked, scanned or cut off is refused', async () => {
    expect(await refusal('me.pdf', makePdf([['Ada']], { locked: true }))).toMatch(/password/);
    expect(await refusal('me.pdf', makePdf([[], []]))).toMatch(/scanned/);
    expect(await refusal('me.pdf', makePdf([['Ada']]).slice(0, 60))).toMatch(/damaged/);
    expect(await refusal('me.pdf', makePdf(Array.from({ length: 61 }, () => ['Ada'])))).toMatch(/61 pages/);
  });
});

describe('a Word file', () => {
  it('gives paragraphs, bullets, tables, headings and its header', async () => {
    const body =
      wordPara('Experience', '<w:pStyle w:val="Heading1"/>') +
      wordPara('Acme &amp; Co') +
      wordBullet('Cut the close') +
      '<w:p><w:r><w:t>Led</w:t><w:tab/><w:t>five</w:t></w:r><w:del><w:r><w:delText>ten</w:delText></w:r></w:del></w:p>' +
      `<w:tbl><w:tr><w:tc>${wordPara('2019')}</w:tc><w:tc>${wordPara('Kumasi')}</w:tc></w:tr></w:tbl>` +
      `<w:p><w:r><mc:AlternateContent><mc:Choice>${wordPara('In a box')}</mc:Choice><mc:Fallback>${wordPara('In a box')}</mc:Fallback></mc:AlternateContent></w:r></w:p>`;
    const file = makeDocx(body, { 'word/header1.xml': header(wordPara('Zoë Müller')), 'word/header2.xml': header(wordPara('Zoë Müller')) });
    expect(await textOf('me.docx', file)).toBe('Zoë Müller\n\nExperience\nAcme & Co\n- Cut the close\nLed\tfive\n2019 | Kumasi\nIn a box');
  });

  it('in the OpenDocument form', async () => {
    const ns = 'xmlns:office="o" xmlns:text="t"';
    const xml = `<office:document-content ${ns}><office:body><office:text><text:h>Work</text:h><text:p>Acme<text:s text:c="2"/>Ltd</text:p><text:list><text:list-item><text:p>Cut <text:span>it</text:span></text:p></text:list-item></text:list></office:text></office:body></office:document-content>`;
    expect(await textOf('me.odt', makeZip({ mimetype: 'application/vnd.oasis.opendocument.text', 'content.xml': xml }))).toBe('Work\nAcme  Ltd\n- Cut it');
  });

  it('that is damaged, old, locked or none is refused', async () => {
    expect(await refusal('me.docx', makeDocx('<w:p>').slice(0, 80))).toMatch(/damaged/);
    expect(await refusal('me.docx', makeZip({ 'word/document.xml': '<w:document' }))).toMatch(/damaged/);
    expect(await refusal('me.doc', latin('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'))).toMatch(/old Word file/);
    expect(await refusal('me.zip', makeZip({ 'photo.jpg': 'x' }))).toMatch(/neither a document/);
    expect(await refusal('me.docx', makeDocx(wordPara(' ')))).toMatch(/no text/);
  });
});

describe('RTF', () => {
  it('gives letters of code pages and Unicode, bullets and lines', async () => {
    const rtf =
      '{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}}{\\*\\generator Word;}{\\info{\\author Nobody}}\r\n' +
      "Zo\\u235?  M\\'fcller\\par Platform\\~engineer \\{lead\\}\\par{\\listtext\\bullet\\tab}Cut it \\emdash  well\\par{\\pict 89504e47}{\\uc2\\u8364 ??}30k}";
    expect(await textOf('me.rtf', rtf)).toBe('Zoë  Müller\nPlatform engineer {lead}\n- Cut it — well\n€30k');
  });

  it('in the code page that it names', async () => {
    expect(await textOf('me.rtf', "{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0\\'e8\\'e2\\'e5\\'f2}")).toBe('Привет');
    expect(await textOf('me.rtf', "{\\rtf1\\ansi\\ansicpg932 \\'93\\'fa\\'96\\'7b}")).toBe('日本');
  });
});

it('a web page gives blocks and bullets, and nothing that runs or is hidden', async () => {
  const html =
    '<!doctype html><html><head><title>x</title><style>p{}</style></head><body><h1>Zo&euml; M&uuml;ller</h1><p>Platform\n engineer<br>Berlin</p>' +
    '<ul><li>Cut <b>it</b></li><li>Led</li></ul><script>alert(1)</script><p hidden>no</p><div>End</div></body></html>';
  expect(await textOf('me.html', html)).toBe('Zoë Müller\n\nPlatform engineer\nBerlin\n\n- Cut it\n- Led\n\nEnd');
  expect(await textOf('me.txt', '<html><body>Ada</body></html>')).toBe('Ada');
});

describe('JSON', () => {
  it('of a profile, field by field', async () => {
    expect(await read('ada.json', '{"name":"Ada","skills":["Maths",7],"yearsExperience":9,"context":"x"}')).toEqual({
      text: 'x',
      known: { name: 'Ada', role: '', industry: '', skills: ['Maths', '7'], yearsExperience: 9 },
    });
  });

  it('of jsonresume.org', async () => {
    const resume = {
      basics: { name: 'Zoë Müller', label: 'Platform engineer', summary: 'I keep things running.' },
      work: [{ name: 'Acme', position: 'SRE', startDate: '2019-03', highlights: ['Cut the close'] }, 7],
      education: [{ studyType: 'BSc', area: 'Physics', institution: 'Lund', endDate: '2015' }],
      skills: [{ name: 'Databases', keywords: ['PostgreSQL'] }],
      languages: [{ language: 'German', fluency: 'native' }],
    };
    expect(await read('resume.json', JSON.stringify(resume))).toEqual({
      text:
        'Zoë Müller\nPlatform engineer\n\nI keep things running.\n\nExperience\n\nAcme, SRE, 2019-03 to now\n- Cut the close\n\nEducation\n\n' +
        'BSc, Physics, Lund, 2015\n\nSkills: Databases, PostgreSQL\n\nLanguages: German native',
      known: { name: 'Zoë Müller', role: 'Platform engineer', skills: ['Databases', 'PostgreSQL'] },
    });
  });

  it('of something else is refused', async () => {
    expect(await refusal('x.json', '{"a":1}')).toMatch(/neither/);
    expect(await refusal('x.json', '[1]')).toMatch(/neither/);
    expect(await refusal('x.json', '{"name":"Ada"')).toMatch(/ends early/);
  });
});

describe('what LinkedIn sends', () => {
  const tables = {
    'Profile.csv': 'First Name,Last Name,Headline,Summary,Industry\nZoë,Müller,Platform engineer,"I keep things\nrunning, ""mostly"".",Payments\n',
    'Positions.csv': 'Company Name,Title,Description,Location,Started On,Finished On\nAcme,SRE,"Kept it up  • Cut the close",Berlin,Mar 2019,\n',
    'Skills.csv': 'Name\nGo\nPostgreSQL\n',
    'Connections.csv': 'Notes:\nx\n\nFirst Name,URL\nBob,y\n',
  };

  it('in its archive', async () => {
    expect(await read('Basic_LinkedInDataExport.zip', makeZip(tables))).toEqual({
      text:
        'Zoë Müller\nPlatform engineer\n\nI keep things\nrunning, "mostly".\n\nExperience\n\nSRE, Acme, Berlin, Mar 2019 to now\nKept it up\n• Cut the close\n\n' +
        'Skills: Go, PostgreSQL',
      known: { name: 'Zoë Müller', role: 'Platform engineer', industry: 'Payments', skills: ['Go', 'PostgreSQL'] },
    });
  });

  it('or one table of it', async () => {
    expect(await textOf('Positions (1).csv', tables['Positions.csv'])).toContain('SRE, Acme, Berlin');
    expect(await refusal('bank.csv', 'Date,Amount\n1,2\n')).toMatch(/none of a LinkedIn profile/);
    expect(await refusal('x.zip', makeZip({ 'Ads.csv': 'a,b\n1,2\n' }))).toMatch(/Profile.csv/);
  });

  it('in CSV with quotes, lines and empty fields', () => {
    expect(parseCsv('\uFEFFa,"b ""c""\nd",\r\n,,\n"",x\n')).toEqual([['a', 'b "c"\nd', ''], ['', 'x']]);
    expect(parseCsv('')).toEqual([]);
    expect(parseCsv('a')).toEqual([['a']]);
  });
});

it('what is empty, too large, a picture or no text is refused', async () => {
  expect(await refusal('x.txt', '')).toMatch(/empty/);
  expect(await refusal('x.txt', ' \n ')).toMatch(/no text/);
  expect(await refusal('x.bin', new Uint8Array(20 * 1024 * 1024 + 1))).toMatch(/20 MiB/);
  expect(await refusal('x.txt', 'word '.repeat(20_000))).toMatch(/64 KiB/);
  expect(await refusal('x.png', latin('\x89PNG\r\n\x1a\n'))).toMatch(/picture/);
  expect(await refusal('x.exe', Uint8Array.from({ length: 512 }, (_, i) => i % 256))).toMatch(/no text/);
  expect(await refusal('x.zip', latin(`PK\x05\x06${'\0'.repeat(18)}`))).toMatch(/empty/);
});

const given = process.env.INTERVIEWD_TEST_RESUMES ?? '';

/** Files of others: $INTERVIEWD_TEST_RESUMES names a folder of them. */
describe.skipIf(!existsSync(given))('each file of a folder', () => {
  it.each(existsSync(given) ? readdirSync(given) : [])('%s', async (name) => {
    const { text, known } = await readResume({ name, bytes: new Uint8Array(readFileSync(`${given}/${name}`)) });
    expect(text + (known.name ?? '')).toContain('Zoë Müller');
    expect(text).not.toMatch(/%PDF|\\rtf|<html|�|"basics"/);
  });
});
