/** The signed-in person, as on the wire. */
import type { components } from './api';

export type User = components['schemas']['User'];
export type UserPatch = components['schemas']['UserPatch'];
export type SignedIn = components['schemas']['SignedIn'];
export type Theme = User['settings']['theme'];
