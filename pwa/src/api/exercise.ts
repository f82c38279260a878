import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import type { List } from './types.ts';

export interface ExerciseLine {
  id: string;
  title: Text;
  summary: Text;
  minutes: number;
}
export interface Seat {
  id: string;
  title: Text;
  does: Text;
}
export interface Inject {
  id: string;
  title: Text;
  read: Text; // read aloud; an empty line starts a paragraph
  questions: Text[] | null;
  minutes: number;
  expectations: { id: string; text: Text; weight: number }[] | null;
}
export interface Exercise extends ExerciseLine {
  situation: Text;
  goal: Text;
  scope: Text;
  tools: Text;
  limits: Text;
  seats: Seat[] | null;
  injects: Inject[] | null;
}
export type SittingState = 'planned' | 'running' | 'finished' | 'cancelled';
export interface Attendee {
  person: string; // empty: erased
  seat: string;
  absent: boolean;
}
export interface SittingPlan {
  exercise: string;
  unit: string;
  on: string;
  minutes: number;
  goal: string;
  scope: string;
  tools: string;
  limits: string;
  participants: { person: string; seat: string }[];
}
export interface Finding {
  id: string;
  what: string;
  owner: string;
  dueOn: string;
  closedAt?: string;
}
export interface Turn {
  inject: string;
  decision: string;
  met: string[] | null;
  seconds: number;
}
export interface Report {
  score: number; // 0…1
  met: number;
  weight: number;
  medianSeconds: number;
  seatsAbsent: Text[] | null;
  steps: { title: Text; decision: string; seconds: number; expectations: { text: Text; weight: number; met: boolean }[] | null }[] | null;
}
export interface Sitting extends Omit<SittingPlan, 'participants'> {
  id: string;
  participants: Attendee[] | null;
  state: SittingState;
  facilitator: string;
  turns: Turn[] | null;
  findings: Finding[] | null;
  startedAt?: string;
  finishedAt?: string;
  version: number;
  content: Exercise;
  unitName: Text;
  names: Record<string, string>; // empty for whom one may not see
  mayRun: boolean;
  report: Report;
}
export interface SittingLine {
  id: string;
  title: Text;
  unit: { id: string; name: Text };
  on: string;
  state: SittingState;
  people: number;
  open: number;
  score?: number;
}
export interface OpenFindings {
  sitting: string;
  title: Text;
  unit: { id: string; name: Text };
  on: string;
  findings: Finding[] | null;
  names: Record<string, string>;
}
export interface MySitting {
  id: string;
  title: Text;
  unit: { id: string; name: Text };
  on: string;
  state: SittingState;
  runs: boolean;
  seat?: Text;
  absent: boolean;
  report?: Report;
  findings: { what: string; dueOn: string; closed: boolean; mine: boolean }[] | null;
}

// not that of people.ts: the phone that runs a sitting does not load the desk
const search = (key: string, value = '') => (value ? `?${key}=${encodeURIComponent(value)}` : '');
const at = (id: string, rest = '') => '/sittings/' + encodeURIComponent(id) + rest;

export const exercises = () => call<List<ExerciseLine>>('GET', '/exercises').then((list) => list.items ?? []);
export const exercise = (id: string) => call<Exercise>('GET', '/exercises/' + encodeURIComponent(id));
export const sittingUnits = () => call<List<{ id: string; name: Text }>>('GET', '/sittings/units').then((list) => list.items ?? []);
export const team = (unit: string) =>
  call<List<{ id: string; name: string }>>('GET', '/sittings/team' + search('unit', unit)).then((list) => list.items ?? []);
export const openFindings = () => call<List<OpenFindings>>('GET', '/sittings/findings').then((list) => list.items ?? []);
export const sittings = (cursor?: string) => call<List<SittingLine>>('GET', '/sittings' + search('cursor', cursor));
export const sitting = (id: string) => call<Sitting>('GET', at(id));
export const planSitting = (plan: SittingPlan) => call<Sitting>('POST', '/sittings', plan);
export const changeSitting = (id: string, version: number, plan: SittingPlan) => call<Sitting>('PUT', at(id), { ...plan, version });
export const startSitting = (id: string, device: string, absent: string[], takeOver = false) =>
  call<Sitting>('POST', at(id, '/start'), { device, absent, takeOver });
export const putTurn = (id: string, n: number, turn: { device: string; decision: string; met: string[]; seconds: number }) =>
  call<Sitting>('PUT', at(id, `/turns/${n}`), turn);
export const finishSitting = (id: string, device: string, absent: string[]) => call<Sitting>('POST', at(id, '/finish'), { device, absent });
export const cancelSitting = (id: string) => call<Sitting>('POST', at(id, '/cancel'));
export const putFinding = (
  id: string,
  finding: string,
  said: { version: number; what: string; owner: string; dueOn: string; closed: boolean },
) => call<Sitting>('PUT', at(id, '/findings/' + encodeURIComponent(finding)), said);
export const mySittings = () => call<List<MySitting>>('GET', '/me/sittings').then((list) => list.items ?? []);
