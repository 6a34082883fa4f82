'use client';

import { FileUp, Pencil, Plus, Trash2, UserRound } from 'lucide-react';
import { useRef, useState, type ChangeEvent } from 'react';
import { PageHeader } from '@/components/layout/PageHeader';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ConfirmDialog, Dialog } from '@/components/ui/dialog';
import { EmptyState, ErrorState, SkeletonList } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { useProfiles } from '@/hooks/useSession';
import { api, sentence } from '@/lib/api-client';
import { FILE_MAX, importProfile } from '@/lib/import-profile';
import { forget } from '@/lib/query';
import { changesOf, plural } from '@/lib/utils';
import type { Profile, ProfileInput } from '@/types/session';
import { ProfileForm } from './ProfileForm';

const blank: ProfileInput = { name: '', role: '', yearsExperience: 0, skills: [], industry: '', context: '' };

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

/** A résumé as plain text, or a profile's JSON, opened in the editor. */
function FromFile({ onPick }: { onPick: (input: ProfileInput) => void }) {
  const input = useRef<HTMLInputElement>(null);
  async function read(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    event.target.value = '';
    if (!file) return;
    const profile = file.size <= FILE_MAX ? importProfile(await file.text()) : null;
    if (profile) onPick(profile);
    else toast(file.size > FILE_MAX ? 'That file is larger than 256 KiB.' : 'That file holds no plain text. Save the résumé as .txt or .md, or paste it.', true);
  }
  return (
    <>
      <input ref={input} type="file" aria-label="Résumé or profile file" accept=".txt,.md,.json,text/plain" className="sr-only" tabIndex={-1} onChange={(event) => void read(event)} />
      <Button look="secondary" onClick={() => input.current?.click()}>
        <FileUp aria-hidden="true" />
        From a file
      </Button>
    </>
  );
}

/** A profile that is there, or a new one. */
type Editing = { profile: Profile | null; input: ProfileInput } | null;

/** Only what was changed is sent, so that what another tab changes meanwhile stays; of what cannot be read, all is written anew. */
async function store(profile: Profile, before: ProfileInput, input: ProfileInput) {
  if (profile.unreadable) return api.put(`/profiles/${profile.id}`, input);
  const changes = changesOf(before, input);
  return Object.keys(changes).length > 0 && api.patch(`/profiles/${profile.id}`, changes);
}

/** All profiles, and the editor of one. */
export function Profiles() {
  const { data, error, reload } = useProfiles();
  const [editing, setEditing] = useState<Editing>(null);
  const [deleting, setDeleting] = useState<Profile | null>(null);
  const [busy, setBusy] = useState(false);

  async function save(input: ProfileInput) {
    if (editing?.profile) await store(editing.profile, editing.input, input);
    else await api.post('/profiles', input);
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
        <PageHeader title={editing.profile ? 'Edit profile' : 'New profile'}>The more facts and numbers, the better the answers.</PageHeader>
        <Card>
          <ProfileForm key={editing.profile?.id} initial={editing.input} action="Save the profile" onSave={save} onCancel={() => setEditing(null)} />
        </Card>
      </>
    );

  const add = (
    <Button onClick={() => setEditing({ profile: null, input: blank })}>
      <Plus aria-hidden="true" />
      New profile
    </Button>
  );
  const examples = <Examples onPick={(input) => setEditing({ profile: null, input })} />;
  const file = <FromFile onPick={(input) => setEditing({ profile: null, input })} />;
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
          A profile is what answers are made of: your role, skills, and what you have done. It is encrypted before it is stored.
        </EmptyState>
      ) : (
        <div className="grid gap-5 md:grid-cols-2">
          {data.items.map((profile) => (
            <ProfileCard
              key={profile.id}
              profile={profile}
              onEdit={() => {
                const { name, role, yearsExperience, skills, industry, context } = profile;
                setEditing({ profile, input: { name, role, yearsExperience, skills, industry, context } });
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
