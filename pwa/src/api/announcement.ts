import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import { search } from './people.ts';
import type { List } from './types.ts';

export interface Writing {
  title: Text;
  body: Text; // Markdown
  units: string[]; // none: the whole organisation
  important: boolean;
  portal: boolean;
  from: string; // yyyy-mm-dd
  until: string;
}
export interface Announced extends Writing {
  id: string;
  html: Text;
  summary: Text;
  state: 'draft' | 'published' | 'withdrawn';
  publishedAt?: string;
  version: number;
}
export interface Readers {
  people: number;
  read: number;
  units: { unit: { id: string; name: Text }; people: number; read: number }[] | null;
}

const at = (id: string, rest = '') => '/announcements/' + encodeURIComponent(id) + rest;

export const announcements = (cursor?: string) => call<List<Announced>>('GET', '/announcements' + search({ cursor }));
export const announcement = (id: string) => call<Announced>('GET', at(id));
export const addAnnouncement = (writing: Writing) => call<Announced>('POST', '/announcements', writing);
export const changeAnnouncement = (id: string, version: number, writing: Writing) =>
  call<Announced>('PUT', at(id), { ...writing, version });
export const removeAnnouncement = (id: string) => call('DELETE', at(id));
export const publishAnnouncement = (id: string) => call<Announced>('POST', at(id, '/publish'));
export const withdrawAnnouncement = (id: string) => call<Announced>('POST', at(id, '/withdraw'));
export const previewAnnouncement = (body: Text) => call<{ html: Text }>('POST', '/announcements/preview', { body });
export const readers = (id: string) => call<Readers>('GET', at(id, '/readers'));
