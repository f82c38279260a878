import SignIn from './account/SignIn.svelte';
import { deskRoutes } from './desk.ts';
import { later, now, type Route } from './ui/pages.ts';

// Every address of the app. Sign-in is part of the first script: whoever has the app already gets the rest from the worker.
export const routes: Route[] = [
  later('/', () => import('./learning/Today.svelte')),
  now('/sign-in', SignIn, 'open'),
  later('/desk', () => import('./DeskMenu.svelte')),
  ...deskRoutes,
];
