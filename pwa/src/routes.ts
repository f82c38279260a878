import SignIn from './account/SignIn.svelte';
import { deskRoutes } from './desk.ts';
import { loadAccount } from './i18n/account.ts';
import { loadLearn } from './i18n/learn.ts';
import { later, now, type Route, withTexts } from './ui/pages.ts';

const learn = withTexts(loadLearn);
const account = withTexts(loadAccount);

// Every address of the app. Sign-in is part of the first script: whoever has the app already gets the rest from the worker.
export const routes: Route[] = [
  later('/', () => import('./learning/Today.svelte')),
  now('/sign-in', SignIn, 'open'),
  later(
    '/invitation',
    account(() => import('./account/Invitation.svelte')),
    'open',
  ),
  later(
    '/forgot',
    account(() => import('./account/Forgot.svelte')),
    'open',
  ),
  later(
    '/reset',
    account(() => import('./account/Reset.svelte')),
    'open',
  ),
  later(
    '/signed-in',
    account(() => import('./account/SignedIn.svelte')),
    'open',
  ),
  later(
    '/setup',
    account(() => import('./account/Invitation.svelte')),
    'open',
  ),
  later(
    '/courses',
    learn(() => import('./course/Courses.svelte')),
  ),
  later(
    '/courses/:course',
    learn(() => import('./course/Course.svelte')),
  ),
  later(
    '/enrolments/:enrolment/lessons/:lesson',
    learn(() => import('./learning/Player.svelte')),
    'full',
  ),
  later(
    '/enrolments/:enrolment/quizzes/:quiz',
    learn(() => import('./learning/Quiz.svelte')),
    'full',
  ),
  later(
    '/attempts/:attempt',
    learn(() => import('./learning/Result.svelte')),
    'full',
  ),
  later(
    '/enrolments/:enrolment/completed',
    learn(() => import('./learning/Completed.svelte')),
    'full',
  ),
  later(
    '/surveys/:survey/answer',
    learn(() => import('./learning/Survey.svelte')),
    'full',
  ),
  later(
    '/drills',
    learn(() => import('./drill/Drills.svelte')),
  ),
  later(
    '/drills/:drill',
    learn(() => import('./drill/Inbox.svelte')),
    'full',
  ),
  later(
    '/announcements',
    learn(() => import('./announcement/Announcements.svelte')),
  ),
  later(
    '/announcements/:announcement',
    learn(() => import('./announcement/Announcement.svelte')),
  ),
  later('/sittings/:sitting/run', () => import('./exercise/Run.svelte'), 'full'),
  later('/me/exercises', () => import('./exercise/Mine.svelte')),
  later(
    '/me',
    account(() => import('./account/Me.svelte')),
  ),
  later(
    '/me/reminders',
    account(() => import('./account/Reminders.svelte')),
  ),
  later(
    '/me/reminders/log',
    account(() => import('./account/ReminderLog.svelte')),
  ),
  later(
    '/unsubscribe',
    account(() => import('./account/Leave.svelte')),
    'open',
  ),
  later(
    '/me/devices',
    account(() => import('./account/Devices.svelte')),
  ),
  later(
    '/me/security',
    account(() => import('./account/Security.svelte')),
  ),
  later(
    '/me/password',
    account(() => import('./account/Password.svelte')),
  ),
  later(
    '/me/unsent',
    account(() => import('./account/Unsent.svelte')),
  ),
  later(
    '/me/data',
    account(() => import('./account/MyData.svelte')),
  ),
  later(
    '/me/requests',
    account(() => import('./account/Requests.svelte')),
  ),
  later(
    '/notice',
    account(() => import('./account/PrivacyNotice.svelte')),
    'open',
  ),
  later('/desk', () => import('./DeskMenu.svelte')),
  ...deskRoutes,
];
