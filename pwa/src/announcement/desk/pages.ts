import '../../ui/desk/desk.css';

export { default as Editor } from './Editor.svelte';
export { default as List } from './List.svelte';
export { default as One } from './One.svelte';
export { ready } from './texts.ts';
