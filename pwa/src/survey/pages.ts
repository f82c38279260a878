import '../ui/desk/desk.css';

export { default as NewSurvey } from './NewSurvey.svelte';
export { default as SurveyList } from './SurveyList.svelte';
export { default as SurveyPage } from './SurveyPage.svelte';
export { ready } from './texts.ts';
