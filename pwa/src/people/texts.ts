import { peopleVi } from '../i18n/desk.people.vi.ts';
import { texts } from '../i18n/desk.svelte.ts';

export const { d, pick, ready } = texts(peopleVi, async () => (await import('../i18n/desk.people.en.ts')).peopleEn);
