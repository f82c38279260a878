import { db, openFor } from '../offline/db.ts';
import { read } from '../offline/read.ts';
import { clear, store } from '../offline/state.svelte.ts';
import { enrolment, summary, ticket, version } from './course.ts';
import { me } from './server.ts';

let n = 0;

// phone is a phone on which one person has a course that works without a network.
export async function phone(): Promise<void> {
  clear();
  const person = `p${++n}-${Math.random()}`;
  await openFor(person);
  store.person = person;
  await db().put('meta', me, 'me');
  await db().put('meta', '2026-01-01T00:00:00Z', 'syncedAt');
  await db().put('items', { key: 'e', kind: 'enrolment', enrolment });
  await db().put('items', { key: 'c', kind: 'course', course: summary });
  await db().put('items', { key: 't', kind: 'quiz', quiz: ticket });
  await db().put('versions', version, 'c@1');
  await db().put('outlines', { ...summary, key: 'c@1' });
  await read();
  store.ready = true;
}
