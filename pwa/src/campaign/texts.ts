import type { campaignVi } from '../i18n/desk.campaign.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts<keyof typeof campaignVi>({
  vi: async () => (await import('../i18n/desk.campaign.vi.ts')).campaignVi,
  en: async () => (await import('../i18n/desk.campaign.en.ts')).campaignEn,
});
