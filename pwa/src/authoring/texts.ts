import { authoringVi } from '../i18n/desk.authoring.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts(authoringVi, async () => (await import('../i18n/desk.authoring.en.ts')).authoringEn);
