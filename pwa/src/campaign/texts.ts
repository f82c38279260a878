import { campaignVi } from '../i18n/desk.campaign.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts(campaignVi, async () => (await import('../i18n/desk.campaign.en.ts')).campaignEn);
