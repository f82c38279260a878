import { texts } from '../i18n/desk.svelte.ts';
import type { webhookVi } from '../i18n/desk.webhook.vi.ts';

export const { d, ready } = texts<keyof typeof webhookVi>({
  vi: async () => (await import('../i18n/desk.webhook.vi.ts')).webhookVi,
  en: async () => (await import('../i18n/desk.webhook.en.ts')).webhookEn,
});
