import type { Text } from '../i18n/locale.svelte.ts';
import { call, download } from './client.ts';
import { search } from './people.ts';
import type { List } from './types.ts';

export interface CourseFigures {
  course: string;
  title: Text;
  assigned: number;
  completed: number;
  overdue: number;
}
export interface Overview {
  asOf: string;
  people: number;
  enrolments: number;
  completed: number;
  onTime: number;
  overdue: number;
  started: number;
  notStarted: number;
  satisfaction: { n: number; satisfied: number; average: number } | null;
  courses: CourseFigures[] | null;
}
export interface UnitLine {
  unit: { id: string; name: Text; parent?: string };
  head?: { id: string; name: string; deputy?: boolean; above?: { id: string; name: Text } }; // who answers for it; none: the administrators
  people: number;
  assigned: number;
  completed: number;
  overdue: number;
  target?: number;
}
export type CellStatus = 'assigned' | 'started' | 'completed' | 'overdue' | 'closed' | 'none';
export interface Cell {
  course: string;
  status: CellStatus;
  dueAt?: string;
  completedAt?: string;
  progress: number; // per cent
  elsewhere?: boolean; // completed in another unit: it counts there
}
export interface MatrixRow {
  person: { id: string; name: string };
  unit: { id: string; name: Text };
  cells: Cell[];
}
export interface Matrix extends List<MatrixRow> {
  asOf: string;
  courses: { id: string; title: Text }[] | null;
}
export interface OverdueRow {
  person: { id: string; name: string };
  unit: { id: string; name: Text };
  course: { id: string; title: Text };
  dueAt: string;
  days: number;
}
export interface Overdue extends List<OverdueRow> {
  asOf: string;
}

interface Scope {
  unit?: string;
  campaign?: string;
}

export const overview = ({ unit, campaign }: Scope) => call<Overview>('GET', '/tracking/overview' + search({ unit, campaign }));
export const unitLines = ({ unit, campaign }: Scope) =>
  call<{ asOf: string; items: UnitLine[] | null }>('GET', '/tracking/units' + search({ unit, campaign }));
export const matrix = ({ unit, campaign }: Scope, cursor?: string) =>
  call<Matrix>('GET', '/tracking/matrix' + search({ unit, campaign, cursor }));
export const overdue = ({ unit, campaign }: Scope, cursor?: string) =>
  call<Overdue>('GET', '/tracking/overdue' + search({ unit, campaign, cursor }));

export interface DrillOutcomes {
  drill: string;
  n: number;
  title: Text;
  runs: number;
  completed: number;
  phish: number;
  hits: number;
  legit: number;
  falseAlarms: number;
  until: string;
}
export const drillOutcomes = () => call<List<DrillOutcomes>>('GET', '/tracking/drills').then((list) => list.items ?? []);

export const exportCSV = ({ unit, campaign }: Scope, lang: string) => download('/tracking/export.csv' + search({ unit, campaign, lang }));
