import '../../ui/desk/desk.css';

export { default as PathList } from './PathList.svelte';
export { default as PathPage } from './PathPage.svelte';
export { ready } from './texts.ts';
