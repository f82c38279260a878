import type { Text } from '../i18n/locale.svelte.ts';
import { anyone, call } from './client.ts';
import type { List } from './types.ts';

export interface NoticeSection {
  title: string;
  html: string; // sanitised by the server
}
export interface PrivacyNotice {
  version: string;
  vi: NoticeSection[] | null;
  en: NoticeSection[] | null;
}
export interface Reading {
  version: string;
  at: string;
}

export const notice = () => anyone<PrivacyNotice>('/notice');
export const readings = () => call<{ version: string; read: Reading[] | null }>('GET', '/me/notice').then((answer) => answer.read ?? []);
export const readNotice = (version: string) => call<Reading>('POST', '/me/notice', { version });

// sections pairs both languages, for what is shown in the person's own.
export function sections(of: PrivacyNotice): { title: Text; html: Text }[] {
  const en = of.en ?? [];
  return (of.vi ?? []).map((vi, i) => ({ title: { vi: vi.title, en: en[i]?.title ?? '' }, html: { vi: vi.html, en: en[i]?.html ?? '' } }));
}

export type RequestKind = 'correction' | 'erasure' | 'restriction' | 'objection';
export type RequestState = 'received' | 'answered' | 'done' | 'refused';
export type Urgency = 'overdue' | 'today' | 'soon' | 'in_time' | 'over';
export type Deed = 'answer' | 'extend' | 'complete' | 'reject';

export interface DataRequest {
  id: string;
  kind: RequestKind;
  about: string;
  text: string;
  state: RequestState;
  at: string;
  thirdParty: boolean;
  extended: boolean;
  log: { at: string; did: Deed; text: string }[] | null;
  answerBy: string;
  doneBy: string;
  dueAt?: string;
  urgency: Urgency;
}
export interface Asked extends DataRequest {
  person: string;
  name: string; // empty once they are erased
  unit: string;
}

export const myRequests = () => call<List<DataRequest>>('GET', '/me/requests').then((list) => list.items ?? []);
export const askFor = (request: { kind: RequestKind; about: string; text: string }) => call<DataRequest>('POST', '/me/requests', request);
export const requests = (state: 'open' | 'over') =>
  call<List<Asked>>('GET', '/privacy/requests?state=' + state).then((list) => list.items ?? []);
export const oneRequest = (id: string) => call<Asked>('GET', '/privacy/requests/' + encodeURIComponent(id));
export const doWith = (id: string, did: Deed, body: { text: string; thirdParty?: boolean }) =>
  call<Asked>('POST', `/privacy/requests/${encodeURIComponent(id)}/${did}`, body);

export interface Kept {
  what: 'answers' | 'trail' | 'drills' | 'deliveries' | 'ops' | 'sessions' | 'exercises' | 'leavers';
  unit: 'months' | 'days';
  keep: number;
  usual: number;
  least: number;
  most: number;
  byName?: string;
  at?: string; // none: nobody changed it
}
export interface Retention {
  items: Kept[] | null;
  version: number;
  last: { at?: string; removed: number; leavers: number; nextAt: string };
  leavers: { due: number; soon: number; held: number; from?: string }; // none: nobody is erased by itself
}
export const retention = () => call<Retention>('GET', '/settings/retention');
export const setRetention = (version: number, keep: Record<string, number>) =>
  call<Retention>('PUT', '/settings/retention', { version, keep });

// MyData is what GET /me/data says, as far as the page words it; the file has all of it.
export interface MyData {
  person: {
    name: string;
    email: string;
    unit: string;
    status: string;
    joinedOn?: string;
    leftOn?: string;
    lastSeenAt?: string;
    grants: { role: string; unit: string }[] | null;
  };
  enrolments: { id: string; course: string; state: string; assignedAt: string; dueAt?: string; completedAt?: string }[] | null;
  attempts: { id: string; course: string; score: number; passed: boolean; receivedAt: string; answers: unknown[] | null }[] | null;
  ratings: { enrolment: string; course: string; stars: number; comment?: string; at: string }[] | null;
  drillRuns: { drill: string; viewedAt?: string; completedAt?: string; answers?: Record<string, string> | null }[] | null;
  surveys: { survey: string }[] | null;
  sittings:
    | { title: Text; on: string; absent: boolean; runs: boolean; seat?: Text; findings: { what: string; mine: boolean }[] | null }[]
    | null;
  sessions: { device: string; createdAt: string; lastSeenAt: string; endedAt?: string }[] | null;
  subscriptions: { device: string; createdAt: string }[] | null;
  deliveries: { id: string; notBefore: string; state: string; settledAt?: string; openedAt?: string }[] | null;
  notices: Reading[] | null;
  announcements: { announcement: string; unit: string; at: string }[] | null; // that one has read
  requests: DataRequest[] | null;
  headships: { unit: { id: string; name: Text }; from: string; to?: string; deputy?: boolean }[] | null;
  left: { what: Text; why: Text }[] | null;
}

export const myData = () => call<MyData>('GET', '/me/data');
