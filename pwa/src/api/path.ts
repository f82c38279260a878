import type { Text } from '../i18n/locale.svelte.ts';
import type { Problem } from './authoring.ts';
import { call } from './client.ts';
import type { List } from './types.ts';

// A path while it is written. The names are those of internal/path.
export interface Stage {
  courses: string[];
  need?: number; // absent: all
}
export interface Layout {
  title: Text;
  summary: Text;
  steps: Stage[];
}
export interface PathDesk {
  id: string;
  draft: Layout;
  versions: { n: number; publishedAt: string }[] | null; // oldest first
  retired?: boolean;
  version: number;
  minutes: number;
  dirty: boolean;
  problems: Problem[] | null;
}
export interface PathLine {
  id: string;
  title: Text;
  steps: number;
  published: number;
  dirty: boolean;
  retired: boolean;
}

const at = (id: string, rest = '') => '/authoring/paths/' + encodeURIComponent(id) + rest;

export const paths = () => call<List<PathLine>>('GET', '/authoring/paths').then((list) => list.items ?? []);
export const path = (id: string) => call<PathDesk>('GET', at(id));
export const newPath = (id: string, title: Text) => call<PathDesk>('POST', '/authoring/paths', { id, title });
export const savePath = (id: string, version: number, draft: Layout) => call<PathDesk>('PUT', at(id), { version, draft });
export const publishPath = (id: string, version: number) => call<PathDesk>('POST', at(id, '/publish'), { version });
export const retirePath = (id: string, version: number) => call<PathDesk>('POST', at(id, '/retire'), { version });
