import { type DBSchema, deleteDB, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb';
import type { Answer, AttemptResult, CourseSummary, DrillChoice, DrillTemplate, Item, QuestionView, VersionView } from '../api/types.ts';

// Op is one thing a person did, on its way to the server.
export interface Op {
  id: string;
  kind: string;
  at: string;
  [field: string]: unknown;
}
export interface ParkedOp {
  op: Op;
  id: string;
  code: string;
  parkedAt: string;
}

// What the phone knows by itself; the server's items are beside it and both are joined when shown (mine.ts).
export interface LessonFact {
  key: string; // enrolment/lesson
  enrolment: string;
  lesson: string;
  step: number; // where to go on: cards and interactions counted together, from 0
  card: number; // furthest card seen, from 1
  seconds: number;
  doneAt?: string;
  practice: Record<string, string[]>; // what was answered, so that going back loses nothing
  toldCard: number; // what the outbox has already been given
  toldSeconds: number;
}
export interface AttemptFact {
  attempt: string;
  enrolment: string;
  quiz: string;
  n: number;
  ticket: string;
  questions: QuestionView[];
  answers: Answer[];
  at: number; // the question one is at
  startedAt: string;
  finishedAt?: string;
  state: 'open' | 'waiting' | 'marked' | 'parked';
  result?: AttemptResult;
}
export interface DrillFact {
  drill: string;
  n: number;
  answers: Record<string, DrillChoice>;
  viewed: boolean;
  doneAt?: string;
}
export interface RatingFact {
  enrolment: string;
  stars: number;
  comment?: string;
}

// Outline is a kept course version without its cards: enough for lists, so that whole courses stay on the disk.
export interface Outline extends CourseSummary {
  key: string; // course@n
}

export interface Schema extends DBSchema {
  items: { key: string; value: Item };
  versions: { key: string; value: VersionView };
  outlines: { key: string; value: Outline };
  templates: { key: string; value: DrillTemplate };
  outbox: { key: string; value: Op };
  parked: { key: string; value: ParkedOp };
  lessons: { key: string; value: LessonFact };
  attempts: { key: string; value: AttemptFact };
  drills: { key: string; value: DrillFact };
  ratings: { key: string; value: RatingFact };
  meta: { key: string; value: unknown };
}
export type Write = IDBPTransaction<Schema, StoreNames<Schema>[], 'readwrite'>;

const prefix = 'hocso-';
let handle: IDBPDatabase<Schema> | undefined;

function close(): void {
  handle?.close();
  handle = undefined;
}

// openFor opens the database of one person; its name holds their id, so that two people on one phone never mix.
export async function openFor(person: string): Promise<void> {
  close();
  handle = await openDB<Schema>(prefix + person, 1, {
    upgrade(db) {
      db.createObjectStore('items', { keyPath: 'key' });
      db.createObjectStore('versions'); // by course@n
      db.createObjectStore('outlines', { keyPath: 'key' });
      db.createObjectStore('templates'); // by drill@n
      db.createObjectStore('outbox', { keyPath: 'id' }); // ids are in the order of time
      db.createObjectStore('parked', { keyPath: 'id' }); // refused by the server: shown to the person, never dropped
      db.createObjectStore('lessons', { keyPath: 'key' });
      db.createObjectStore('attempts', { keyPath: 'attempt' });
      db.createObjectStore('drills', { keyPath: 'drill' });
      db.createObjectStore('ratings', { keyPath: 'enrolment' });
      db.createObjectStore('meta');
    },
    blocking() {
      close(); // another tab signs out
    },
  });
}

export function db(): IDBPDatabase<Schema> {
  if (!handle) throw new Error('no database is open');
  return handle;
}

export const isOpen = (): boolean => handle !== undefined;

// destroy deletes everything this phone keeps about a person.
export async function destroy(person: string): Promise<void> {
  close();
  await deleteDB(prefix + person);
}

// destroyOthers deletes what earlier people left on a shared phone, except what they have not sent yet.
export async function destroyOthers(person: string): Promise<void> {
  const all = (await indexedDB.databases?.()) ?? [];
  for (const { name } of all) {
    if (!name?.startsWith(prefix) || name === prefix + person) continue;
    const other = await openDB<Schema>(name);
    const unsent = other.objectStoreNames.contains('outbox') ? await other.count('outbox') : 0;
    other.close();
    if (!unsent) await deleteDB(name);
  }
}

// write runs one transaction over everything: all of it is on the disk when the promise is fulfilled, or none.
export async function write(work: (tx: Write) => Promise<void> | void): Promise<void> {
  const names = [...db().objectStoreNames];
  const tx = db().transaction(names, 'readwrite');
  await work(tx);
  await tx.done;
}
