import '../ui/desk/desk.css';

export { default as CourseList } from './CourseList.svelte';
export { default as CoursePage } from './CoursePage.svelte';
export { ready } from './texts.ts';
