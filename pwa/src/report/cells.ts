import type { Cell } from '../api/report.ts';
import { daysUntil, shortest } from '../i18n/format.ts';
import { d } from './texts.ts';

interface Look {
  tone: 'plain' | 'done' | 'due' | 'late' | 'wait';
  text: string;
  more?: string;
  quiet?: boolean; // not assigned: no chip
}

// cellLook says how one person stands in one course.
export function cellLook(cell: Cell | undefined, now = new Date()): Look {
  const due = cell?.dueAt && d('matrix.dueOn', { date: shortest(cell.dueAt) });
  switch (cell?.status) {
    case 'completed':
      return {
        tone: 'done',
        text: d('matrix.completed'),
        more: [cell.completedAt && shortest(cell.completedAt), cell.elsewhere && d('matrix.elsewhere')].filter(Boolean).join(' · '),
      };
    case 'overdue':
      return {
        tone: 'late',
        text: cell.dueAt ? d('matrix.overdueDays', { n: Math.max(1, -daysUntil(cell.dueAt, now)) }) : d('matrix.overdue'),
        more: cell.progress ? d('matrix.started', { n: cell.progress }) : undefined,
      };
    case 'started':
      return { tone: 'due', text: d('matrix.started', { n: cell.progress }), more: due };
    case 'assigned':
      return { tone: 'plain', text: d('matrix.assigned'), more: due };
    case 'closed':
      return { tone: 'plain', text: d('matrix.closed') };
    default:
      return { tone: 'plain', text: d('matrix.none'), quiet: true };
  }
}

// cellOrder sorts a column: who needs a look first.
export function cellOrder(cell: Cell | undefined): number {
  if (!cell) return 500;
  const order = { overdue: 0, assigned: 100, started: 200, completed: 300, closed: 400, none: 500 };
  return (order[cell.status] ?? 500) + cell.progress / 2;
}
