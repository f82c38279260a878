import type { announcementVi } from '../../i18n/desk.announcement.vi.ts';
import { texts } from '../../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts<keyof typeof announcementVi>({
  vi: async () => (await import('../../i18n/desk.announcement.vi.ts')).announcementVi,
  en: async () => (await import('../../i18n/desk.announcement.en.ts')).announcementEn,
});
