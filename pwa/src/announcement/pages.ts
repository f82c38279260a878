export { loadLearn as ready } from '../i18n/learn.ts';
export { default as Announcement } from './Announcement.svelte';
export { default as Announcements } from './Announcements.svelte';
