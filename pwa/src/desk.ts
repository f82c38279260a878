import type { Me, Role } from './api/types.ts';
import type { Key } from './i18n/t.svelte.ts';
import type { IconName } from './ui/icons.ts';
import { later, type Route } from './ui/pages.ts';

// The desk is what trainers, administrators, unit heads and auditors see beside a learner's screens. Its pages live in
// authoring/, people/, campaign/ and report/, are loaded when opened and are not kept for offline use.
export interface DeskLink {
  href: string;
  label: Key;
  icon: IconName;
  roles: Role[]; // any of these
}

const links: DeskLink[] = [
  { href: '/authoring', label: 'nav.writing', icon: 'pen', roles: ['trainer'] },
  { href: '/overview', label: 'nav.overview', icon: 'chart', roles: ['administrator', 'auditor'] },
  { href: '/my-unit', label: 'nav.myUnit', icon: 'building', roles: ['head'] },
  { href: '/campaigns', label: 'nav.campaigns', icon: 'flag', roles: ['administrator'] },
  { href: '/people', label: 'nav.people', icon: 'people', roles: ['administrator'] },
  { href: '/units', label: 'nav.units', icon: 'building', roles: ['administrator'] },
];

export const deskRoutes: Route[] = [
  later('/authoring', () => import('./authoring/CourseList.svelte')),
  later('/authoring/:course', () => import('./authoring/CoursePage.svelte')),
  later('/authoring/:course/lessons/:lesson', () => import('./authoring/LessonPage.svelte')),
  later('/authoring/:course/quizzes/:quiz', () => import('./authoring/QuizPage.svelte')),
  later('/overview', () => import('./report/Overview.svelte')),
  later('/overview/overdue', () => import('./report/OverduePage.svelte')),
  later('/overview/units/:unit', () => import('./report/UnitPage.svelte')),
  later('/my-unit', () => import('./report/MyUnit.svelte')),
  later('/campaigns', () => import('./campaign/CampaignList.svelte')),
  later('/campaigns/new', () => import('./campaign/NewCampaign.svelte')),
  later('/campaigns/:campaign', () => import('./campaign/CampaignPage.svelte')),
  later('/people', () => import('./people/PeopleList.svelte')),
  later('/people/new', () => import('./people/NewPerson.svelte')),
  later('/people/import', () => import('./people/ImportPage.svelte')),
  later('/people/:person', () => import('./people/PersonPage.svelte')),
  later('/units', () => import('./people/UnitsPage.svelte')),
];

// deskOf lists what a person has beside learning; a head is one by a unit's dated heads, not by a granted role.
export function deskOf(me: Me | undefined): DeskLink[] {
  if (!me) return [];
  const roles = new Set<Role>(me.headOf?.length ? [...me.roles, 'head'] : me.roles);
  return links.filter((link) => link.roles.some((role) => roles.has(role)));
}
