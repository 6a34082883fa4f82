/** Names for the parts of the wire that sessions and answers are made of (generated: types/api.ts). */
import type { components } from './api';

export type Schemas = components['schemas'];
export type Session = Schemas['Session'];
export type SessionInput = Schemas['SessionInput'];
export type SessionStatus = Schemas['SessionStatus'];
export type Transcript = Schemas['Transcript'];
export type Profile = Schemas['Profile'];
export type ProfileInput = Schemas['ProfileInput'];
export type Engines = Schemas['Engines'];
export type QuestionKind = Schemas['QuestionKind'];
export type OutlinePoint = Schemas['OutlinePoint'];
export type OutlineKey = Schemas['OutlineKey'];
export type FinishReason = Schemas['FinishReason'];
export type Latency = Schemas['Latency'];
/** `expiring` is answered by the socket itself (lib/websocket.ts) and goes no further. */
export type TranscribeMessage = Exclude<Schemas['WsTranscribeServerMessage'], { type: 'expiring' }>;
export type LlmMessage = Exclude<Schemas['WsLlmServerMessage'], { type: 'expiring' }>;
export type ExportFormat = Schemas['ExportRequest']['format'];
export type ProfilePreview = Schemas['ProfilePreview'];
export type PostingMatch = Schemas['PostingMatch'];
