import '../ui/desk/desk.css';

export { default as Calendar } from './Calendar.svelte';
export { default as CampaignList } from './CampaignList.svelte';
export { default as CampaignPage } from './CampaignPage.svelte';
export { default as NewCampaign } from './NewCampaign.svelte';
export { ready } from './texts.ts';
