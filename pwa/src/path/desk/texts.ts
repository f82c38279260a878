import type { pathVi } from '../../i18n/desk.path.vi.ts';
import { texts } from '../../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts<keyof typeof pathVi>({
  vi: async () => (await import('../../i18n/desk.path.vi.ts')).pathVi,
  en: async () => (await import('../../i18n/desk.path.en.ts')).pathEn,
});
