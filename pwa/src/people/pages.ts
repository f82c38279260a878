import '../ui/desk/desk.css';

export { default as ImportPage } from './ImportPage.svelte';
export { default as InvitationsPage } from './InvitationsPage.svelte';
export { default as NewPerson } from './NewPerson.svelte';
export { default as PeopleList } from './PeopleList.svelte';
export { default as PersonPage } from './PersonPage.svelte';
export { ready } from './texts.ts';
export { default as UnitsPage } from './UnitsPage.svelte';
