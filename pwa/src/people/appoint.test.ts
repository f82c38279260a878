import { describe, expect, it } from 'vitest';
import type { Headship } from '../api/people.ts';
import { appoint } from './appoint.ts';

describe('appoint', () => {
  const cases: [string, Headship[], string, Headship[]][] = [
    ['the first head', [], 'new', [{ person: 'new', from: '2026-12-01' }]],
    [
      'the one before ends the day before',
      [{ person: 'old', from: '2020-01-01' }],
      'new',
      [
        { person: 'old', from: '2020-01-01', to: '2026-11-30' },
        { person: 'new', from: '2026-12-01' },
      ],
    ],
    ['one who began the same day never was', [{ person: 'old', from: '2026-12-01' }], 'new', [{ person: 'new', from: '2026-12-01' }]],
    [
      'history and deputies stay',
      [
        { person: 'past', from: '2010-01-01', to: '2019-12-31' },
        { person: 'dep', from: '2020-01-01', deputy: true },
      ],
      'new',
      [
        { person: 'past', from: '2010-01-01', to: '2019-12-31' },
        { person: 'dep', from: '2020-01-01', deputy: true },
        { person: 'new', from: '2026-12-01' },
      ],
    ],
    ['nobody follows', [{ person: 'old', from: '2020-01-01' }], '', [{ person: 'old', from: '2020-01-01', to: '2026-11-30' }]],
  ];
  for (const [name, before, person, want] of cases) it(name, () => expect(appoint(before, person, '2026-12-01')).toEqual(want));
});
