import type { surveyVi } from '../i18n/desk.survey.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, ready } = texts<keyof typeof surveyVi>({
  vi: async () => (await import('../i18n/desk.survey.vi.ts')).surveyVi,
  en: async () => (await import('../i18n/desk.survey.en.ts')).surveyEn,
});
