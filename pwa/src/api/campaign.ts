import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import { search } from './people.ts';
import type { UnitLine } from './report.ts';
import type { List } from './types.ts';

export type CampaignState = 'scheduled' | 'running' | 'paused' | 'completed' | 'cancelled';
export type Verb = 'pause' | 'resume' | 'close' | 'cancel';
export interface CampaignItem {
  kind: 'course' | 'drill';
  id: string;
}
export interface Audience {
  units: string[];
  cohorts?: string[];
}
export interface Campaign {
  id: string;
  name: Text;
  audience: { units: string[] | null; cohorts?: string[] };
  items: CampaignItem[];
  startsAt: string;
  dueAt: string;
  endsAt: string;
  remind: boolean;
  target: number;
  state: CampaignState;
  log: { from: CampaignState; to: CampaignState; by?: string; at: string }[] | null;
  people?: number;
  completed?: number;
}
export interface NewCampaign {
  name: Text;
  audience: Audience;
  items: CampaignItem[];
  startsOn?: string;
  dueOn: string;
  remind: boolean;
  target?: number;
}
export interface CampaignStats {
  people: number;
  completed: number;
  onTime: number;
  overdue: number;
  started: number;
  units: UnitLine[] | null;
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
export const newCampaign = (fields: NewCampaign) => call<Campaign>('POST', '/campaigns', fields);
export const countAudience = (audience: Audience) => call<{ people: number }>('POST', '/campaigns/audience', { audience });
export const changeCampaign = (id: string, verb: Verb) => call<Campaign>('POST', at(id, '/' + verb));
export const campaignStats = (id: string) => call<CampaignStats>('GET', at(id, '/stats'));
export const deliveries = (id: string, reason: string, cursor?: string) =>
  call<List<Delivery>>('GET', at(id, '/deliveries') + search({ reason, cursor }));
