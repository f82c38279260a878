import '../ui/desk/desk.css';

export { default as NewCampaign } from './NewCampaign.svelte';
export { ready } from './texts.ts';
