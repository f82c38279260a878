import '../ui/desk/desk.css';

export { default as RequestList } from './RequestList.svelte';
export { default as RequestPage } from './RequestPage.svelte';
export { default as RetentionPage } from './RetentionPage.svelte';
export { ready } from './texts.ts';
