import type { CourseFigures, UnitLine } from '../api/report.ts';
import { headText } from '../i18n/desk.svelte.ts';
import { daysUntil } from '../i18n/format.ts';
import { tx } from '../i18n/locale.svelte.ts';
import type { BarRow } from '../ui/desk/bars.ts';
import { d } from './texts.ts';

interface Sums {
  assigned: number;
  completed: number;
  overdue: number;
}

// chipOf says in a word how a unit or a course stands.
export function chipOf(sums: Sums, target: number, dueAt?: string): BarRow['chip'] {
  if (sums.assigned === 0) return { tone: 'plain', text: d('units.idle') };
  if (sums.completed / sums.assigned >= target / 100) return { tone: 'done', text: d('units.ok') };
  if (sums.overdue > 0) return { tone: 'late', text: d('units.attention') };
  const days = dueAt ? daysUntil(dueAt) : -1;
  return days >= 0 ? { tone: 'due', text: d('units.daysLeft', { n: days }) } : { tone: 'plain', text: d('units.going') };
}

function row(sums: Sums, target: number, dueAt?: string): Omit<BarRow, 'id' | 'name'> {
  return {
    share: sums.assigned ? sums.completed / sums.assigned : undefined,
    target,
    total: sums.assigned,
    count: d('units.countOf', { done: sums.completed, all: sums.assigned }),
    late: sums.overdue,
    chip: chipOf(sums, target, dueAt),
  };
}

export function unitRow(line: UnitLine, query: string, dueAt?: string): BarRow {
  return {
    ...row(line, line.target ?? 90, dueAt),
    id: line.unit.id,
    name: tx(line.unit.name),
    href: `/overview/units/${line.unit.id}${query}`,
    detail: headText(line.head),
  };
}

export const courseRow = (course: CourseFigures, target: number): BarRow => ({
  ...row(course, target),
  id: course.course,
  name: tx(course.title),
});
