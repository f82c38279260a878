import '../ui/desk/desk.css';

export { default as CoursePage } from './CoursePage.svelte';
export { default as LessonPage } from './LessonPage.svelte';
export { default as QuizPage } from './QuizPage.svelte';
export { ready } from './texts.ts';
