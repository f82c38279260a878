import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import { type Person, search } from './people.ts';
import type { List, Role } from './types.ts';

// Rule says who belongs: everybody for whom every condition holds; an empty condition holds for everybody.
export interface Rule {
  units: string[];
  role?: Role;
  joinedFrom?: string;
  joinedUntil?: string;
}

// Cohort is a named group across units; without a rule its people are chosen by hand.
export interface Cohort {
  id: string;
  name: Text;
  unit: string;
  rule?: Rule;
  people?: number;
}

const at = (id: string, rest = '') => '/cohorts/' + encodeURIComponent(id) + rest;

// unconditional is a rule to begin with, as a form shows it.
export const unconditional = (): Rule => ({ units: [], joinedFrom: '', joinedUntil: '' });

// sent leaves out the conditions that are empty.
const sent = (rule: Rule): Rule => ({
  units: rule.units.filter(Boolean),
  ...(rule.role && { role: rule.role }),
  ...(rule.joinedFrom && { joinedFrom: rule.joinedFrom }),
  ...(rule.joinedUntil && { joinedUntil: rule.joinedUntil }),
});

export const cohorts = () => call<List<Cohort>>('GET', '/cohorts').then((list) => list.items ?? []);
export const cohort = (id: string) => call<Cohort>('GET', at(id));
export const addCohort = (name: Text, unit: string, rule?: Rule) =>
  call<Cohort>('POST', '/cohorts', { name, unit, ...(rule && { rule: sent(rule) }) });
export const changeCohort = (id: string, name: Text, rule?: Rule) =>
  call<Cohort>('PATCH', at(id), { name, ...(rule && { rule: sent(rule) }) });
export const removeCohort = (id: string) => call<void>('DELETE', at(id));
export const members = (id: string, cursor?: string) => call<List<Person>>('GET', at(id, '/members') + search({ cursor }));
export const setMember = (id: string, person: string, inside: boolean) =>
  call<Cohort>(inside ? 'PUT' : 'DELETE', at(id, '/members/' + encodeURIComponent(person)));
export const previewCohort = (unit: string, rule: Rule) =>
  call<{ people: number; names: string[] | null }>('POST', '/cohorts/preview', { unit, rule: sent(rule) });
