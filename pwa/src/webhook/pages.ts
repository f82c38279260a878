import '../ui/desk/desk.css';

export { default as NewWebhook } from './NewWebhook.svelte';
export { ready } from './texts.ts';
export { default as WebhookList } from './WebhookList.svelte';
export { default as WebhookPage } from './WebhookPage.svelte';
