import '../ui/desk/desk.css';

export { default as AuditPage } from './AuditPage.svelte';
export { ready } from './texts.ts';
