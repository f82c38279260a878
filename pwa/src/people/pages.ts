import '../ui/desk/desk.css';

export { default as CohortList } from './CohortList.svelte';
export { default as CohortPage } from './CohortPage.svelte';
export { default as ImportPage } from './ImportPage.svelte';
export { default as InvitationsPage } from './InvitationsPage.svelte';
export { default as NewCohort } from './NewCohort.svelte';
export { default as NewPerson } from './NewPerson.svelte';
export { default as PeopleList } from './PeopleList.svelte';
export { default as PersonPage } from './PersonPage.svelte';
export { ready } from './texts.ts';
export { default as UnitsPage } from './UnitsPage.svelte';
