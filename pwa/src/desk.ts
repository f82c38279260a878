import type { Me, Role } from './api/types.ts';
import type { Key } from './i18n/t.svelte.ts';
import type { IconName } from './ui/icons.ts';
import { of, type Route } from './ui/pages.ts';

// The desk is what trainers, administrators, unit heads and auditors see beside a learner's screens. Its pages live in
// authoring/, people/, campaign/, announcement/desk/, path/desk/, exercise/desk/, survey/, report/, audit/, holiday/, privacy/, webhook/ and measure/, are loaded when opened and are not kept for offline use.
export interface DeskLink {
  href: string;
  label: Key;
  icon: IconName;
  roles: Role[]; // any of these
  everywhere?: true; // and for the whole organisation
}

const links: DeskLink[] = [
  { href: '/authoring', label: 'nav.writing', icon: 'pen', roles: ['trainer'] },
  { href: '/path-authoring', label: 'nav.paths', icon: 'flag', roles: ['trainer'] },
  { href: '/overview', label: 'nav.overview', icon: 'chart', roles: ['administrator', 'auditor'] },
  { href: '/my-unit', label: 'nav.myUnit', icon: 'building', roles: ['head'] },
  { href: '/campaigns', label: 'nav.campaigns', icon: 'flag', roles: ['administrator'] },
  { href: '/surveys', label: 'nav.surveys', icon: 'star', roles: ['administrator'] },
  { href: '/announcing', label: 'nav.announcing', icon: 'bell', roles: ['administrator'] },
  { href: '/sittings', label: 'nav.exercises', icon: 'people', roles: ['administrator', 'security_officer', 'auditor'] },
  { href: '/people', label: 'nav.people', icon: 'people', roles: ['administrator'] },
  { href: '/units', label: 'nav.units', icon: 'building', roles: ['administrator'] },
  { href: '/cohorts', label: 'nav.cohorts', icon: 'people', roles: ['administrator'] },
  { href: '/holidays', label: 'nav.holidays', icon: 'clock', roles: ['administrator'], everywhere: true },
  { href: '/retention', label: 'nav.retention', icon: 'clock', roles: ['administrator'], everywhere: true },
  { href: '/webhooks', label: 'nav.webhooks', icon: 'link', roles: ['administrator'], everywhere: true },
  { href: '/privacy', label: 'nav.requests', icon: 'shield', roles: ['auditor'] },
  { href: '/audit', label: 'nav.audit', icon: 'shield', roles: ['auditor'], everywhere: true },
];

// Each part of the desk is one script for all its pages; a page is shown once its texts are here in the person's language.
const authoring = () => import('./authoring/pages.ts');
const writing = () => import('./authoring/writing.ts');
const laying = () => import('./path/desk/pages.ts');
const report = () => import('./report/pages.ts');
const campaign = () => import('./campaign/pages.ts');
const planning = () => import('./campaign/planning.ts');
const survey = () => import('./survey/pages.ts');
const announcing = () => import('./announcement/desk/pages.ts');
const exercise = () => import('./exercise/desk/pages.ts');
const webhook = () => import('./webhook/pages.ts');
const people = () => import('./people/pages.ts');
const audit = () => import('./audit/pages.ts');
const privacy = () => import('./privacy/pages.ts');
const holiday = () => import('./holiday/pages.ts');

export const deskRoutes: Route[] = [
  of('/authoring', authoring, 'CourseList'),
  of('/authoring/:course', writing, 'CoursePage'),
  of('/authoring/:course/lessons/:lesson', writing, 'LessonPage'),
  of('/authoring/:course/quizzes/:quiz', writing, 'QuizPage'),
  of('/path-authoring', laying, 'PathList'),
  of('/path-authoring/:path', laying, 'PathPage'),
  of('/overview', report, 'Overview'),
  of('/overview/overdue', report, 'OverduePage'),
  of('/overview/units/:unit', report, 'UnitPage'),
  of('/overview/signoffs', report, 'SignoffPage'),
  of('/my-unit', report, 'MyUnit'),
  of('/campaigns', campaign, 'CampaignList'),
  of('/campaigns/new', planning, 'NewCampaign'),
  of('/campaigns/calendar', campaign, 'Calendar'),
  of('/campaigns/:campaign', campaign, 'CampaignPage'),
  of('/campaigns/:campaign/edit', planning, 'NewCampaign'),
  of('/surveys', survey, 'SurveyList'),
  of('/surveys/new', survey, 'NewSurvey'),
  of('/surveys/:survey', survey, 'SurveyPage'),
  of('/announcing', announcing, 'List'),
  of('/announcing/new', announcing, 'Editor'),
  of('/announcing/:announcement', announcing, 'One'),
  of('/announcing/:announcement/edit', announcing, 'Editor'),
  of('/sittings', exercise, 'List'),
  of('/sittings/new', exercise, 'Plan'),
  of('/sittings/:sitting', exercise, 'One'),
  of('/webhooks', webhook, 'WebhookList'),
  of('/webhooks/new', webhook, 'NewWebhook'),
  of('/webhooks/:webhook', webhook, 'WebhookPage'),
  of('/people', people, 'PeopleList'),
  of('/people/new', people, 'NewPerson'),
  of('/people/import', people, 'ImportPage'),
  of('/people/invitations', people, 'InvitationsPage'),
  of('/people/:person', people, 'PersonPage'),
  of('/units', people, 'UnitsPage'),
  of('/audit', audit, 'AuditPage'),
  of('/holidays', holiday, 'HolidayPage'),
  of('/privacy', privacy, 'RequestList'),
  of('/retention', privacy, 'RetentionPage'),
  of('/privacy/:request', privacy, 'RequestPage'),
  of('/cohorts', people, 'CohortList'),
  of('/cohorts/new', people, 'NewCohort'),
  of('/cohorts/:cohort', people, 'CohortPage'),
];

// deskOf lists what a person has beside learning; a head is one by a unit's dated heads, not by a granted role.
export function deskOf(me: Me | undefined): DeskLink[] {
  if (!me) return [];
  const roles = new Set<Role>(me.headOf?.length ? [...me.roles, 'head'] : me.roles);
  return links.filter((link) => link.roles.some((role) => (link.everywhere ? me.everywhere?.includes(role) : roles.has(role))));
}
