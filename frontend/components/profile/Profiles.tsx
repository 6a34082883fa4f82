'use client';

import { FileUp, Pencil, Plus, Trash2, UserRound } from 'lucide-react';
import { useRef, useState, type ChangeEvent } from 'react';
import { PageHeader } from '@/components/layout/PageHeader';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ConfirmDialog, Dialog } from '@/components/ui/dialog';
import { EmptyState, ErrorState, SkeletonList } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { useDraft } from '@/hooks/useDraft';
import { useDropped } from '@/hooks/useDropped';
import { useResumeFile } from '@/hooks/useResume';
import { useProfiles } from '@/hooks/useSession';
import { api, sentence } from '@/lib/api-client';
import { forget } from '@/lib/query';
import { blankProfile } from '@/lib/read-profile';
import { changesOf, plural } from '@/lib/utils';
import type { Profile, ProfileInput } from '@/types/session';
import { ProfileForm } from './ProfileForm';

function ProfileCard({ profile, onEdit, onDelete }: { profile: Profile; onEdit: () => void; onDelete: () => void }) {
  const lines = profile.context.split('\n').filter((line) => line.trim() !== '').length;
  const about = [profile.role, profile.industry, profile.yearsExperience > 0 && plural(profile.yearsExperience, 'year')].filter(Boolean).join(', ');
  return (
    <Card className="grid content-start gap-4">
      <div className="flex items-start justify-between gap-3">
        <div className="grid gap-1">
          <h2 className="font-serif text-2xl leading-tight">{profile.name}</h2>
          {about && <p className="text-soft">{about}</p>}
        </div>
      </div>
      {profile.skills.length > 0 && (
        <ul aria-label="Skills" className="flex flex-wrap gap-1.5">
          {profile.skills.slice(0, 8).map((skill) => (
            <li key={skill} className="rounded-full bg-accent-soft px-2.5 py-0.5 text-sm font-medium text-accent-strong">
              {skill}
            </li>
          ))}
          {profile.skills.length > 8 && <li className="px-1 text-sm text-faint">and {profile.skills.length - 8} more</li>}
        </ul>
      )}
      {profile.unreadable && <p className="text-sm text-soft">Its text is damaged and cannot be read. Edit the profile to write it anew.</p>}
      <p className="text-sm text-faint">{lines > 0 ? `${plural(lines, 'line')} that answers can quote` : 'No text yet: answers can quote only role and skills'}</p>
      <div className="mt-auto flex gap-2 border-t border-line pt-3">
        <Button look="secondary" size="sm" onClick={onEdit} aria-label={`Edit ${profile.name}`}>
          <Pencil aria-hidden="true" />
          Edit
        </Button>
        <Button look="ghost" size="sm" onClick={onDelete} aria-label={`Delete ${profile.name}`}>
          <Trash2 aria-hidden="true" />
          Delete
        </Button>
      </div>
    </Card>
  );
}

function Examples({ onPick }: { onPick: (input: ProfileInput) => void }) {
  const [open, setOpen] = useState(false);
  const [examples, setExamples] = useState<ProfileInput[] | null>(null);
  async function show() {
    setOpen(true);
    try {
      setExamples((await (await fetch('/examples/index.json')).json()) as ProfileInput[]);
    } catch {
      setOpen(false);
      toast('The examples could not be loaded.', true);
    }
  }
  return (
    <>
      <Button look="secondary" onClick={() => void show()}>
        Start from an example
      </Button>
      <Dialog open={open} title="Example people" onClose={() => setOpen(false)}>
        {!examples ? (
          <SkeletonList label="Loading the examples" />
        ) : (
          <ul className="grid gap-2.5">
            {examples.map((example) => (
              <li key={example.name}>
                <button
                  type="button"
                  onClick={() => {
                    setOpen(false);
                    onPick(example);
                  }}
                  className="grid w-full gap-0.5 rounded-xl border border-line bg-raised p-4 text-left hover:border-accent"
                >
                  <span className="font-semibold">{example.name}</span>
                  <span className="text-sm text-soft">
                    {example.role}, {example.industry}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </Dialog>
    </>
  );
}

const ACCEPTED = '.pdf,.docx,.odt,.rtf,.html,.htm,.txt,.md,.json,.csv,.zip,text/plain';

/** A résumé or profile in any form, chosen here or dropped anywhere on the page, and opened in the editor. */
function FromFile({ onPick }: { onPick: (input: ProfileInput, from: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const { busy, read } = useResumeFile(onPick, (why) => toast(why, true));
  const over = useDropped((file) => void read(file));
  function chosen(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    event.target.value = '';
    if (file) void read(file);
  }
  return (
    <>
      <input ref={input} type="file" aria-label="Résumé or profile file" accept={ACCEPTED} className="sr-only" tabIndex={-1} onChange={chosen} />
      <Button look="secondary" busy={busy} onClick={() => input.current?.click()}>
        {!busy && <FileUp aria-hidden="true" />}
        From a file
      </Button>
      {over && (
        <div className="pointer-events-none fixed inset-3 z-40 grid place-items-center rounded-3xl border-2 border-dashed border-accent bg-surface/90">
          <p className="px-6 text-center font-serif text-3xl">Drop the résumé here</p>
        </div>
      )}
    </>
  );
}

/** What is in the editor; kept while it is not saved. */
interface Editing {
  /** null: a new profile. */
  id: string | null;
  /** As it was stored: what cannot be read is written anew as a whole. */
  unreadable: boolean;
  before: ProfileInput;
  input: ProfileInput;
  /** The file that it was read from. */
  from?: string;
}

const fresh = (input: ProfileInput, from?: string): Editing => ({ id: null, unreadable: false, before: input, input, from });

/** Only what was changed is sent, so that what another tab changes meanwhile stays; of what cannot be read, all is written anew. */
async function store({ id, unreadable, before, input }: Editing) {
  if (id === null) return api.post('/profiles', input);
  if (unreadable) return api.put(`/profiles/${id}`, input);
  const changes = changesOf(before, input);
  return Object.keys(changes).length > 0 && api.patch(`/profiles/${id}`, changes);
}

/** All profiles, and the editor of one. */
export function Profiles() {
  const { data, error, reload } = useProfiles();
  const [editing, setEditing] = useDraft<Editing | null>('profile', null);
  const [deleting, setDeleting] = useState<Profile | null>(null);
  const [busy, setBusy] = useState(false);

  async function save(input: ProfileInput) {
    await store({ ...editing!, input });
    forget('/profiles');
    setEditing(null);
    toast('The profile is saved.');
  }

  async function remove() {
    setBusy(true);
    try {
      await api.delete(`/profiles/${deleting!.id}`);
      forget('/profiles');
      setDeleting(null);
      toast('The profile is deleted.');
    } catch (failure) {
      setDeleting(null); // a modal would cover the message
      toast(sentence(failure), true);
    }
    setBusy(false);
  }

  if (editing)
    return (
      <>
        <PageHeader title={editing.id ? 'Edit profile' : 'New profile'}>
          {editing.from ? (
            <>
              Read from <span dir="auto">{editing.from}</span>, here in the browser. Look it over: what stands here is what answers may say.
            </>
          ) : (
            'The more facts and numbers, the better the answers.'
          )}
        </PageHeader>
        <Card>
          <ProfileForm
            key={editing.id}
            value={editing.input}
            onChange={(input) => setEditing({ ...editing, input })}
            action="Save the profile"
            onSave={save}
            onCancel={() => setEditing(null)}
          />
        </Card>
      </>
    );

  const add = (
    <Button onClick={() => setEditing(fresh(blankProfile))}>
      <Plus aria-hidden="true" />
      New profile
    </Button>
  );
  const examples = <Examples onPick={(input) => setEditing(fresh(input))} />;
  const file = <FromFile onPick={(input, from) => setEditing(fresh(input, from))} />;
  return (
    <>
      <PageHeader title="Profiles" action={data && data.items.length > 0 && [<span key="e">{examples}</span>, <span key="f">{file}</span>, <span key="a">{add}</span>]}>
        Who answers. Make one for each kind of job you apply for.
      </PageHeader>
      {error ? (
        <ErrorState title="Your profiles could not be read" error={error} retry={reload} />
      ) : !data ? (
        <SkeletonList label="Reading your profiles" />
      ) : data.items.length === 0 ? (
        <EmptyState icon={<UserRound aria-hidden="true" />} title="Nobody to answer as yet" action={[<span key="a">{add}</span>, <span key="f">{file}</span>, <span key="e">{examples}</span>]}>
          A profile is what answers are made of: your role, skills, and what you have done. Drop your résumé here in any form (PDF, Word, a LinkedIn export, …), or
          write it. It is encrypted before it is stored.
        </EmptyState>
      ) : (
        <div className="grid gap-5 md:grid-cols-2">
          {data.items.map((profile) => (
            <ProfileCard
              key={profile.id}
              profile={profile}
              onEdit={() => {
                const { name, role, yearsExperience, skills, industry, context } = profile;
                const input = { name, role, yearsExperience, skills, industry, context };
                setEditing({ id: profile.id, unreadable: profile.unreadable === true, before: input, input });
              }}
              onDelete={() => setDeleting(profile)}
            />
          ))}
        </div>
      )}
      <ConfirmDialog
        open={deleting !== null}
        title={`Delete ${deleting?.name ?? ''}?`}
        action="Delete"
        busy={busy}
        onClose={() => setDeleting(null)}
        onConfirm={() => void remove()}
      >
        Sessions held with it stay, but no new answer can quote it.
      </ConfirmDialog>
    </>
  );
}
