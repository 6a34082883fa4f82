// @vitest-environment jsdom
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiKeys } from '@/components/account/ApiKeys';
import { api, ApiError } from '@/lib/api-client';
import { forget } from '@/lib/query';
import type { Schemas } from '@/types/session';

let keys: Schemas['ApiKey'][];

beforeEach(() => {
  keys = [];
  forget('');
  // jsdom knows <dialog>, but not how it opens
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
  vi.spyOn(api, 'get').mockImplementation(() => Promise.resolve({ items: [...keys] }));
  vi.spyOn(api, 'post').mockImplementation((_, body) => {
    const made = { id: 'k1', label: (body as { label: string }).label, prefix: 'ik_4fZ0aQ', createdAt: '2026-01-01T10:00:00.000Z', lastUsedAt: null };
    keys.push(made);
    return Promise.resolve({ ...made, key: 'ik_4fZ0aQsecret' });
  });
  vi.spyOn(api, 'delete').mockImplementation(() => {
    keys = [];
    return Promise.resolve();
  });
});
afterEach(cleanup);

it('shows a key once, copies it, lists it, and revokes it after asking', async () => {
  const user = userEvent.setup();
  render(<ApiKeys />);
  await user.type(await screen.findByLabelText('What the new key is for'), ' The editor ');
  await user.click(screen.getByRole('button', { name: 'Make a key' }));
  expect((await screen.findByLabelText<HTMLInputElement>('Key “The editor”')).value).toBe('ik_4fZ0aQsecret');
  await user.click(screen.getByRole('button', { name: 'Copy' }));
  expect(await navigator.clipboard.readText()).toBe('ik_4fZ0aQsecret');
  await screen.findByText(/ik_4fZ0aQ…, made .*, never used/);
  await user.click(screen.getByRole('button', { name: 'I have it' }));
  expect(screen.queryByDisplayValue('ik_4fZ0aQsecret')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Revoke The editor' }));
  expect(api.delete).not.toHaveBeenCalled();
  await user.click(screen.getByRole('button', { name: 'Revoke it' }));
  expect(api.delete).toHaveBeenCalledWith('/auth/keys/k1');
  await waitFor(() => expect(screen.queryByText('The editor')).toBeNull());
});

it('says why there is no list, and reads it again', async () => {
  vi.mocked(api.get).mockRejectedValueOnce(new ApiError(500, 'internal', 'It broke.'));
  render(<ApiKeys />);
  await screen.findByText('It broke.');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('Keys for programs');
});
