import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import type { List } from './types.ts';

// UnitCampaign is how a unit, with everything below it, stands in a campaign that can be done now.
export interface UnitCampaign {
  campaign: string;
  name: Text;
  state: string;
  dueAt: string;
  people: number;
  completed: number;
  target: number;
  behind: boolean;
  thanked: boolean; // lately
  said: { id: string; step: string; at: string; completed: number; people: number; goal: number }[] | null;
}

const of = (unit: string) => `/units/${encodeURIComponent(unit)}/campaigns`;

export const unitCampaigns = (unit: string) => call<List<UnitCampaign>>('GET', of(unit)).then((list) => list.items ?? []);
export const remindUnit = (unit: string, campaign: string) =>
  call<{ people: number }>('POST', `${of(unit)}/${encodeURIComponent(campaign)}/remind`);
export const thankUnit = (unit: string, campaign: string, text: Text) =>
  call<void>('POST', `${of(unit)}/${encodeURIComponent(campaign)}/thank`, { text }).then(() => true);
