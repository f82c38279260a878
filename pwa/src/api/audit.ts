import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import { search } from './people.ts';
import type { List } from './types.ts';

export const groups = ['access', 'people', 'units', 'content', 'campaigns', 'exports', 'privacy', 'operations'] as const;
export const outcomes = ['done', 'refused', 'failed', 'unknown'] as const;
export type Group = (typeof groups)[number];
export type Outcome = (typeof outcomes)[number];

// Entry is one fact of the trail. It has ids only; a page of entries has the names beside it.
export interface Entry {
  seq: number;
  at: string;
  actor?: string;
  session?: string;
  address?: string;
  command?: string;
  action: string;
  group: string;
  object: { kind: string; id: string };
  outcome: Outcome | 'under_way';
  code?: string;
  request?: string;
  detail: { what: string; before: string; after: string }[] | null;
  hash: string;
}

// Names are by kind:id, such as unit:so-y-te.
export type Names = Record<string, Text>;
export interface Trail extends List<Entry> {
  names: Names;
}

export interface Check {
  entries: number;
  first: number;
  last: number;
  head: { seq: number; hash: string };
  problems: { seq: number; through?: number; what: string }[] | null;
  more: number;
}

export interface Filter {
  actor?: string;
  object?: string;
  group?: string;
  outcome?: string;
  from?: string;
  to?: string;
}

export const trail = (filter: Filter, cursor?: string) => call<Trail>('GET', '/audit' + search({ ...filter, cursor }));
export const checkTrail = () => call<Check>('GET', '/audit/check');
