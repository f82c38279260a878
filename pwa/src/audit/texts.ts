import type { auditVi } from '../i18n/desk.audit.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts<keyof typeof auditVi>({
  vi: async () => (await import('../i18n/desk.audit.vi.ts')).auditVi,
  en: async () => (await import('../i18n/desk.audit.en.ts')).auditEn,
});
