import '../../ui/desk/desk.css';

export { default as List } from './List.svelte';
export { default as One } from './One.svelte';
export { default as Plan } from './Plan.svelte';
export { ready } from './texts.ts';
