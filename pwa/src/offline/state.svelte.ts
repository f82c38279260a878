import type { CourseSummary, DrillView, Enrolment, Me, Ticket } from '../api/types.ts';
import {
  type AttemptFact,
  type DrillFact,
  db,
  isOpen,
  type LessonFact,
  type Op,
  type Outline,
  type ParkedOp,
  type RatingFact,
} from './db.ts';

// Store is what the screens show: the database of the person, read into memory. Screens never write to it.
class Store {
  ready = $state(false); // the database has been read, or nobody is signed in
  person = $state<string>();
  ended = $state(false); // the session is over: what is here can be read, sending waits for a sign-in
  online = $state(navigator.onLine);
  syncedAt = $state.raw<string>();
  syncFailed = $state(false);
  me = $state.raw<Me>();
  courses = $state.raw<CourseSummary[]>([]);
  enrolments = $state.raw<Enrolment[]>([]);
  tickets = $state.raw<Ticket[]>([]);
  drills = $state.raw<DrillView[]>([]);
  outlines = $state.raw<Map<string, Outline>>(new Map()); // of the course versions kept on this phone, by course@n
  templates = $state.raw<Set<string>>(new Set()); // drill@n kept on this phone
  lessons = $state.raw<Map<string, LessonFact>>(new Map());
  attempts = $state.raw<AttemptFact[]>([]);
  runs = $state.raw<Map<string, DrillFact>>(new Map());
  ratings = $state.raw<Map<string, RatingFact>>(new Map());
  waiting = $state.raw<Op[]>([]);
  parked = $state.raw<ParkedOp[]>([]);
}

export const store = new Store();

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
  const [items, outlines, templates, outbox, parked, lessons, attempts, drills, ratings, me, syncedAt] = await Promise.all([
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
  ]);
  store.me = (me as Me | undefined) ?? store.me;
  store.syncedAt = syncedAt as string | undefined;
  store.courses = items.flatMap((item) => (item.kind === 'course' ? [item.course] : []));
  store.enrolments = items.flatMap((item) => (item.kind === 'enrolment' ? [item.enrolment] : []));
  store.tickets = items.flatMap((item) => (item.kind === 'quiz' ? [item.quiz] : []));
  store.drills = items.flatMap((item) => (item.kind === 'drill' ? [item.drill] : []));
  store.outlines = new Map(outlines.map((outline) => [outline.key, outline]));
  store.templates = new Set(templates);
  store.waiting = outbox;
  store.parked = parked;
  store.lessons = new Map(lessons.map((fact) => [fact.key, fact]));
  store.attempts = attempts;
  store.runs = new Map(drills.map((fact) => [fact.drill, fact]));
  store.ratings = new Map(ratings.map((fact) => [fact.enrolment, fact]));
}

// clear forgets the person on the screen; the database is deleted elsewhere.
export function clear(): void {
  Object.assign(store, { person: undefined, me: undefined, ended: false, syncedAt: undefined, outlines: new Map(), templates: new Set() });
  Object.assign(store, { courses: [], enrolments: [], tickets: [], drills: [], attempts: [], waiting: [], parked: [] });
  Object.assign(store, { lessons: new Map(), runs: new Map(), ratings: new Map() });
}
