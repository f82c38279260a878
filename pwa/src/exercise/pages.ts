export { loadExercise as ready } from '../i18n/exercise.ts';
export { default as Mine } from './Mine.svelte';
export { default as Run } from './Run.svelte';
