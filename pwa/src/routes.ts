import SignIn from './account/SignIn.svelte';
import { loadAccount } from './i18n/account.ts';
import { loadLearn } from './i18n/learn.ts';
import { later, now, of, type Route, withTexts } from './ui/pages.ts';

const learn = withTexts(loadLearn);
const account = withTexts(loadAccount);
const invitation = account(() => import('./account/Invitation.svelte'));
const reminding = () => import('./account/reminderPages.ts');
const access = () => import('./account/accessPages.ts');
const resetting = () => import('./account/resetPages.ts');
const course = () => import('./course/pages.ts');
const drill = () => import('./drill/pages.ts');
const announcement = () => import('./announcement/pages.ts');
const exercise = () => import('./exercise/pages.ts');

// Every address of the app but the desk's, which desk.ts has. Sign-in is part of the first script: whoever has the app already gets the rest from the worker.
export const routes: Route[] = [
  later('/', () => import('./learning/Today.svelte')),
  now('/sign-in', SignIn, 'open'),
  later('/invitation', invitation, 'open'),
  of('/forgot', resetting, 'Forgot', 'open'),
  of('/reset', resetting, 'Reset', 'open'),
  later(
    '/signed-in',
    account(() => import('./account/SignedIn.svelte')),
    'open',
  ),
  later('/setup', invitation, 'open'),
  of('/courses', course, 'Courses'),
  of('/courses/:course', course, 'Course'),
  later(
    '/paths/:path',
    learn(() => import('./path/Path.svelte')),
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
  of('/drills', drill, 'Drills'),
  of('/drills/:drill', drill, 'Inbox', 'full'),
  of('/announcements', announcement, 'Announcements'),
  of('/announcements/:announcement', announcement, 'Announcement'),
  of('/sittings/:sitting/run', exercise, 'Run', 'full'),
  of('/me/exercises', exercise, 'Mine'),
  later(
    '/me',
    account(() => import('./account/Me.svelte')),
  ),
  of('/me/reminders', reminding, 'Reminders'),
  of('/me/reminders/log', reminding, 'ReminderLog'),
  later(
    '/unsubscribe',
    account(() => import('./account/Leave.svelte')),
    'open',
  ),
  of('/me/devices', access, 'Devices'),
  of('/me/security', access, 'Security'),
  of('/me/password', access, 'Password'),
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
];
