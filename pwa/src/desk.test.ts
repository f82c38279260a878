import { expect, test } from 'vitest';
import type { Role } from './api/types.ts';
import { deskOf } from './desk.ts';
import { me } from './test/server.ts';

const desk = (roles: Role[], everywhere: Role[]) => deskOf({ ...me, roles, everywhere }).map((link) => link.href);

test('what is for the whole organisation is shown to those alone who hold the role for all of it', () => {
  expect(desk(['learner', 'administrator'], ['learner', 'administrator'])).toContain('/retention');
  const ofUnit = desk(['learner', 'administrator'], ['learner']);
  expect(ofUnit).toContain('/people');
  expect(ofUnit).not.toContain('/retention');
  expect(desk(['learner', 'auditor'], ['learner', 'auditor'])).toContain('/audit');
  expect(desk(['learner', 'auditor'], ['learner'])).toEqual(['/overview', '/sittings', '/privacy']);
});
