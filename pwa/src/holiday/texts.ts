import type { holidayVi } from '../i18n/desk.holiday.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts<keyof typeof holidayVi>({
  vi: async () => (await import('../i18n/desk.holiday.vi.ts')).holidayVi,
  en: async () => (await import('../i18n/desk.holiday.en.ts')).holidayEn,
});
