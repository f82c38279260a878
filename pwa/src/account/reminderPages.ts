export { loadAccount as ready } from '../i18n/account.ts';
export { default as ReminderLog } from './ReminderLog.svelte';
export { default as Reminders } from './Reminders.svelte';
