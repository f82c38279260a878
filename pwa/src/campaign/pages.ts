import '../ui/desk/desk.css';

export { default as Calendar } from './Calendar.svelte';
export { default as CampaignList } from './CampaignList.svelte';
export { default as CampaignPage } from './CampaignPage.svelte';
export { ready } from './texts.ts';
