import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import type { Rule } from './cohort.ts';
import { search } from './people.ts';
import type { UnitLine } from './report.ts';
import type { List } from './types.ts';

export const states = [
  'draft',
  'in_review',
  'approved',
  'scheduled',
  'running',
  'paused',
  'closing',
  'completed',
  'archived',
  'cancelled',
] as const;
export type CampaignState = (typeof states)[number];
export type Verb = 'submit' | 'return' | 'approve' | 'schedule' | 'pause' | 'resume' | 'close' | 'cancel' | 'archive';
export const kinds = ['course', 'path', 'drill', 'exercise', 'announcement', 'survey'] as const;
export type Kind = (typeof kinds)[number];
export interface CampaignItem {
  kind: Kind;
  id: string;
  required: boolean;
  opensAfter?: { days?: number; item?: number }; // item: the number of an earlier one, from 1
}
export interface Audience {
  units: string[];
  cohorts?: string[];
  rule?: Rule;
  roles?: string[];
  exclude?: { units?: string[]; cohorts?: string[] };
  snapshot?: boolean;
}
export interface EscalationStep {
  day: number;
  below: number;
  to: 'head' | 'parent' | 'owner';
}
export interface Plan {
  name: Text;
  goal: Text;
  audience: Audience;
  items: CampaignItem[];
  startsOn: string;
  dueOn: string;
  graceDays: number;
  recurrence: number;
  channels: ('push' | 'email' | 'portal')[];
  reminders: { offsets: number[]; holdOut: number };
  targets: { completion: number; satisfaction: number };
  escalation: EscalationStep[];
}
export interface Campaign extends Plan {
  id: string;
  startsAt?: string;
  dueAt?: string;
  endsAt?: string;
  state: CampaignState;
  owner: string;
  authors: string[];
  hash: string;
  approvals: { by: string; at: string; hash: string }[];
  log: { from: CampaignState; to: CampaignState; by?: string; at: string; why?: string }[];
  version: number;
  people?: number;
  completed?: number;
  missing?: { field: string; code: string }[];
  about?: { title: Text; minutes: number }[];
  names?: Record<string, string>;
}
// Overlap is another campaign for some of the same people at the same time; a clash asks too much of them in a week.
export interface Overlap {
  id: string;
  name: Text;
  people: number;
  minutes: number;
  clash: boolean;
}
export interface CalendarEntry {
  id: string;
  name: Text;
  state: CampaignState;
  startsAt: string;
  dueAt: string;
  overlaps: Overlap[];
}
export interface CampaignStats {
  people: number;
  completed: number;
  onTime: number;
  overdue: number;
  started: number;
  units: UnitLine[] | null;
  exercises: { id: string; title: Text; done: number }[] | null; // done: how many of its people were there
}
export interface Delivery {
  id: string;
  personName: string;
  step: string;
  channel: string;
  notBefore: string;
  notAfter: string;
  state: 'waiting' | 'sent' | 'dropped';
  reason?: string;
  tries: number;
  settledAt?: string;
}

const at = (id: string, rest = '') => '/campaigns/' + encodeURIComponent(id) + rest;

export const campaigns = (cursor?: string) => call<List<Campaign>>('GET', '/campaigns' + search({ cursor }));
export const campaign = (id: string) => call<Campaign>('GET', at(id));
export const newCampaign = (plan: Plan) => call<Campaign>('POST', '/campaigns', plan);
export const editCampaign = (id: string, version: number, plan: Plan) =>
  call<Campaign>('PUT', at(id) + search({ version: String(version) }), plan);
export const removeCampaign = (id: string) => call<void>('DELETE', at(id));
export const countAudience = (audience: Audience) =>
  call<{ people: number; first: { name: string; unit: string }[] }>('POST', '/campaigns/audience', { audience });
export const changeCampaign = (id: string, verb: Verb, said?: { why: string } | { hash: string }) =>
  call<Campaign>('POST', at(id, '/' + verb), said);
export const campaignStats = (id: string) => call<CampaignStats>('GET', at(id, '/stats'));
export const copyCampaign = (id: string) => call<Campaign>('POST', at(id, '/copy'));
export const calendar = () => call<List<CalendarEntry>>('GET', '/campaigns/calendar').then((list) => list.items ?? []);
export const overlaps = (plan: Plan, but?: string) =>
  call<List<Overlap>>('POST', '/campaigns/overlaps' + search({ but }), plan).then((list) => list.items ?? []);
export const deliveries = (id: string, reason: string, cursor?: string) =>
  call<List<Delivery>>('GET', at(id, '/deliveries') + search({ reason, cursor }));
