import type { Text } from '../i18n/locale.svelte.ts';
import { anyone, call } from './client.ts';

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
