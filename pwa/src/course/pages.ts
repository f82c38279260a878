export { loadLearn as ready } from '../i18n/learn.ts';
export { default as Course } from './Course.svelte';
export { default as Courses } from './Courses.svelte';
