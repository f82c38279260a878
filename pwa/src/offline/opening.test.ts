import { describe, expect, it } from 'vitest';
import type { Enrolment } from '../api/types.ts';
import { opening } from './opening.ts';

const now = new Date('2026-03-04T09:00:00Z');
const one = (course: string, state: Enrolment['state'], opens?: Enrolment['opens']) =>
  ({ id: course, course, cycle: 1, state, opens }) as Enrolment;

describe('opening', () => {
  it('waits for its day', () => {
    expect(opening(one('b', 'assigned', { at: '2026-03-11T00:00:00Z' }), [], now)).toEqual({ at: '2026-03-11T00:00:00Z' });
    expect(opening(one('b', 'assigned', { at: '2026-03-01T00:00:00Z' }), [], now)).toBeUndefined();
    expect(opening(one('b', 'started', { at: '2026-03-11T00:00:00Z' }), [], now)).toBeUndefined();
    expect(opening(one('b', 'assigned'), [], now)).toBeUndefined();
  });
  it('waits for a course before it', () => {
    const later = one('b', 'assigned', { after: 'a' });
    expect(opening(later, [one('a', 'started'), later], now)?.after?.course).toBe('a');
    expect(opening(later, [one('a', 'completed'), later], now)).toBeUndefined();
    expect(opening(later, [later], now)).toBeUndefined();
  });
  it('waits for the step of a path before it', () => {
    const all = one('c', 'assigned', { of: ['a', 'b'] });
    expect(opening(all, [one('a', 'completed'), all], now)).toEqual({ step: true });
    expect(opening(all, [one('a', 'completed'), one('b', 'completed'), all], now)).toBeUndefined();
    const any = one('c', 'assigned', { of: ['a', 'b'], need: 1 });
    expect(opening(any, [one('a', 'started'), any], now)).toEqual({ step: true });
    expect(opening(any, [one('b', 'completed'), any], now)).toBeUndefined();
  });
});
