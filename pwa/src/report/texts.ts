import type { reportVi } from '../i18n/desk.report.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts<keyof typeof reportVi>({
  vi: async () => (await import('../i18n/desk.report.vi.ts')).reportVi,
  en: async () => (await import('../i18n/desk.report.en.ts')).reportEn,
});
