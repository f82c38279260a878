import '../ui/desk/desk.css';

export { default as HolidayPage } from './HolidayPage.svelte';
export { ready } from './texts.ts';
