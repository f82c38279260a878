import type { deskExerciseVi } from '../../i18n/desk.exercise.vi.ts';
import { texts } from '../../i18n/desk.svelte.ts';
import { loadExercise } from '../../i18n/exercise.ts';

const mine = texts<keyof typeof deskExerciseVi>({
  vi: async () => (await import('../../i18n/desk.exercise.vi.ts')).deskExerciseVi,
  en: async () => (await import('../../i18n/desk.exercise.en.ts')).deskExerciseEn,
});

export const { d } = mine;
export const ready = (): Promise<unknown> => Promise.all([mine.ready(), loadExercise()]);
