import { call } from './client.ts';

// Share is n of of, with its interval of 95 per cent, from 0 to 1.
export interface Share {
  n: number;
  of: number;
  low: number;
  high: number;
}
export interface Measures {
  asOf: string;
  people: number;
  reach: Share;
  start: Share;
  completion: Share;
  onTime: Share;
  medianHours: number | null;
  pushReach: Share;
  sent: number;
  yield: { reminded: Share; heldOut: Share; difference: number; low: number; high: number } | null;
  nuisance: { off: number; sent: number; perThousand: number; from: string; until: string } | null;
  satisfaction: Share | null;
  unitsOk: Share;
  days: { on: string; completed: number; sent: number }[] | null;
}

export const measures = (campaign: string) => call<Measures>('GET', `/campaigns/${encodeURIComponent(campaign)}/measures`);
