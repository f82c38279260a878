import type { learnVi } from './learn.vi.ts';
import { part } from './locale.svelte.ts';

const texts = part<keyof typeof learnVi>({
  vi: async () => (await import('./learn.vi.ts')).learnVi,
  en: async () => (await import('./learn.en.ts')).learnEn,
});

// l gives the texts of lessons, quizzes, courses and drills; loadLearn comes before a page that uses it.
export const l = texts.t;
export const loadLearn = texts.load;
