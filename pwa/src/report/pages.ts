import '../ui/desk/desk.css';

export { default as MyUnit } from './MyUnit.svelte';
export { default as OverduePage } from './OverduePage.svelte';
export { default as Overview } from './Overview.svelte';
export { default as SignoffPage } from './SignoffPage.svelte';
export { ready } from './texts.ts';
export { default as UnitPage } from './UnitPage.svelte';
