import type { Me, Role } from './api/types.ts';
import type { Key } from './i18n/t.svelte.ts';
import type { IconName } from './ui/icons.ts';
import type { Route } from './ui/pages.ts';

// The desk is what trainers, administrators, unit heads and auditors see beside a learner's screens. Its pages live in
// authoring/, people/, campaign/ and report/, are loaded when opened and are not kept for offline use.
export interface DeskLink {
  href: string;
  label: Key;
  icon: IconName;
  roles: Role[]; // any of these
}

const links: DeskLink[] = [];

export const deskRoutes: Route[] = [];

// deskOf lists what a person has beside learning; a head is one by a unit's dated heads, not by a granted role.
export function deskOf(me: Me | undefined): DeskLink[] {
  if (!me) return [];
  const roles = new Set<Role>(me.headOf?.length ? [...me.roles, 'head'] : me.roles);
  return links.filter((link) => link.roles.some((role) => roles.has(role)));
}
