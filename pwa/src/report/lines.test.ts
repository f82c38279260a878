import { beforeAll, describe, expect, it } from 'vitest';
import { speak } from '../i18n/locale.svelte.ts';
import { cellLook, cellOrder } from './cells.ts';
import { chipOf, unitRow } from './lines.ts';
import { ready } from './texts.ts';

beforeAll(async () => {
  await speak('vi');
  await ready();
});

describe('how a unit stands', () => {
  const soon = new Date(Date.now() + 5 * 86_400_000).toISOString();
  const cases: [string, Parameters<typeof chipOf>, string, string][] = [
    ['nothing assigned', [{ assigned: 0, completed: 0, overdue: 0 }, 90], 'plain', 'Chưa giao'],
    ['on target', [{ assigned: 10, completed: 9, overdue: 1 }, 90], 'done', 'Đạt'],
    ['late', [{ assigned: 10, completed: 8, overdue: 1 }, 90], 'late', 'Cần để ý'],
    ['time left', [{ assigned: 10, completed: 8, overdue: 0 }, 90, soon], 'due', 'Còn 5 ngày'],
    ['no due date', [{ assigned: 10, completed: 8, overdue: 0 }, 90], 'plain', 'Đang học'],
  ];
  for (const [name, given, tone, text] of cases) it(name, () => expect(chipOf(...given)).toEqual({ tone, text }));
});

describe('who answers for a unit', () => {
  const line = { unit: { id: 'a1', name: { vi: 'Phòng A1', en: 'Section A1' } }, people: 1, assigned: 1, completed: 0, overdue: 0 };
  const above = { id: 'a', name: { vi: 'Cục A', en: 'Agency A' } };
  const cases: [string, Parameters<typeof unitRow>[0]['head'], string][] = [
    ['its head', { id: 'p', name: 'Lan' }, 'Lan'],
    ['its deputy', { id: 'p', name: 'Lan', deputy: true }, 'Lan (cấp phó)'],
    ['the head above', { id: 'p', name: 'Lan', above }, 'Chưa có người phụ trách, do Lan ở Cục A phụ trách'],
    ['nobody', undefined, 'Chưa có người phụ trách, do người quản trị phụ trách'],
  ];
  for (const [name, head, text] of cases) it(name, () => expect(unitRow({ ...line, head }, '').detail).toBe(text));
});

describe('a cell', () => {
  const now = new Date('2026-11-23T05:00:00Z');
  it('says how late', () =>
    expect(cellLook({ course: 'c', status: 'overdue', dueAt: '2026-11-20T05:00:00Z', progress: 40 }, now)).toMatchObject({
      tone: 'late',
      text: 'Quá hạn 3 ngày',
      more: 'Đang học 40\u00a0%',
    }));
  it('is quiet where nothing was assigned', () => expect(cellLook(undefined).quiet).toBe(true));
  it('sorts those who need a look first', () => {
    const order = (['overdue', 'assigned', 'started', 'completed'] as const).map((status) =>
      cellOrder({ course: 'c', status, progress: 0 }),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});
