import '../ui/desk/desk.css';

export { default as CourseList } from './CourseList.svelte';
export { ready } from './texts.ts';
