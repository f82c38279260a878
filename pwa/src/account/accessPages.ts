export { loadAccount as ready } from '../i18n/account.ts';
export { default as Devices } from './Devices.svelte';
export { default as Password } from './Password.svelte';
export { default as Security } from './Security.svelte';
