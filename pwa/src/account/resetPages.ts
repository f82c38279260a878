export { loadAccount as ready } from '../i18n/account.ts';
export { default as Forgot } from './Forgot.svelte';
export { default as Reset } from './Reset.svelte';
