import { reportVi } from '../i18n/desk.report.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts(reportVi, async () => (await import('../i18n/desk.report.en.ts')).reportEn);
