export { loadLearn as ready } from '../i18n/learn.ts';
export { default as Drills } from './Drills.svelte';
export { default as Inbox } from './Inbox.svelte';
