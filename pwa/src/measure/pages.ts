export { default as Measures } from './Measures.svelte';
export { ready } from './texts.ts';
