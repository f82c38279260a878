import type { Me } from '../api/types.ts';
import { db, isOpen } from './db.ts';
import { clear, store } from './state.svelte.ts';

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('hocso');
channel?.addEventListener('message', (event) => {
  if (event.data === 'signed out' && !isOpen()) clear();
  else if (event.data === store.person) read();
});

// tellSignedOut lets the other tabs forget the person too.
export const tellSignedOut = (): void => channel?.postMessage('signed out');

// changed reads the database again after a write, here and in the other tabs.
export async function changed(): Promise<void> {
  await read();
  channel?.postMessage(store.person);
}

export async function read(): Promise<void> {
  if (!isOpen()) return;
  const tx = db().transaction([...db().objectStoreNames]);
  const [items, outlines, templates, outbox, parked, lessons, attempts, drills, ratings, me, syncedAt, known] = await Promise.all([
    tx.objectStore('items').getAll(),
    tx.objectStore('outlines').getAll(),
    tx.objectStore('templates').getAllKeys(),
    tx.objectStore('outbox').getAll(),
    tx.objectStore('parked').getAll(),
    tx.objectStore('lessons').getAll(),
    tx.objectStore('attempts').getAll(),
    tx.objectStore('drills').getAll(),
    tx.objectStore('ratings').getAll(),
    tx.objectStore('meta').get('me'),
    tx.objectStore('meta').get('syncedAt'),
    tx.objectStore('meta').getAllKeys(IDBKeyRange.bound('read:', 'read;')),
  ]);
  store.me = (me as Me | undefined) ?? store.me;
  store.syncedAt = syncedAt as string | undefined;
  store.courses = items.flatMap((item) => (item.kind === 'course' ? [item.course] : []));
  store.paths = items.flatMap((item) => (item.kind === 'path' ? [item.path] : []));
  store.enrolments = items.flatMap((item) => (item.kind === 'enrolment' ? [item.enrolment] : []));
  store.tickets = items.flatMap((item) => (item.kind === 'quiz' ? [item.quiz] : []));
  store.drills = items.flatMap((item) => (item.kind === 'drill' ? [item.drill] : []));
  store.surveys = items.flatMap((item) => (item.kind === 'survey' ? [item.survey] : []));
  const read = new Set(known);
  store.announcements = items
    .flatMap((item) => (item.kind === 'announcement' ? [item.announcement] : []))
    .map((one) => ({ ...one, read: one.read || read.has('read:' + one.id) }))
    .sort((a, b) => b.from.localeCompare(a.from) || b.id.localeCompare(a.id));
  store.outlines = new Map(outlines.map((outline) => [outline.key, outline]));
  store.templates = new Set(templates);
  store.waiting = outbox;
  store.parked = parked;
  store.lessons = new Map(lessons.map((fact) => [fact.key, fact]));
  store.attempts = attempts;
  store.runs = new Map(drills.map((fact) => [fact.drill, fact]));
  store.ratings = new Map(ratings.map((fact) => [fact.enrolment, fact]));
}
