import type { exerciseVi } from './exercise.vi.ts';
import { part } from './locale.svelte.ts';

const texts = part<keyof typeof exerciseVi>({
  vi: async () => (await import('./exercise.vi.ts')).exerciseVi,
  en: async () => (await import('./exercise.en.ts')).exerciseEn,
});

// x gives the texts of exercises as they are run and told; loadExercise comes before a page that uses it.
export const x = texts.t;
export const loadExercise = texts.load;
