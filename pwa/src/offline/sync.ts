import { call, locked, request } from '../api/client.ts';
import { problemOf } from '../api/problem.ts';
import type { CourseSummary, DrillTemplate, SyncAnswer, VersionView } from '../api/types.ts';
import { db, isOpen, write } from './db.ts';
import { changed } from './read.ts';
import { store } from './state.svelte.ts';

// sync fetches what is new for the person, then the content that must work without a network.
export async function sync(): Promise<void> {
  if (!isOpen()) return;
  try {
    await locked('sync', pull);
    store.syncFailed = false;
  } catch (error) {
    store.syncFailed = true;
    throw error;
  }
  await keep();
}

async function pull(): Promise<void> {
  let cursor = (await db().get('meta', 'cursor')) as string | undefined;
  for (let more = true; more; ) {
    const response = cursor
      ? await request('GET', '/sync?cursor=' + encodeURIComponent(cursor), undefined, { 'if-none-match': `"${cursor}"` })
      : await request('GET', '/sync');
    if (response.status === 304) {
      await db().put('meta', new Date().toISOString(), 'syncedAt');
      break;
    }
    if (response.status === 410 && cursor) {
      cursor = undefined;
      continue;
    }
    if (!response.ok) throw await problemOf(response);
    const answer: SyncAnswer = await response.json();
    await apply(answer, !cursor);
    cursor = answer.cursor;
    more = answer.more;
  }
  await changed();
}

// apply writes one answer; all means that it began without a cursor and replaces what was here.
export async function apply(answer: SyncAnswer, all: boolean): Promise<void> {
  await write((tx) => {
    const items = tx.objectStore('items');
    if (all) items.clear();
    for (const key of answer.deleted ?? []) items.delete(key);
    for (const item of answer.changed ?? []) {
      items.put(item);
      if (item.kind === 'me') tx.objectStore('meta').put(item.me, 'me');
    }
    tx.objectStore('meta').put(answer.cursor, 'cursor');
    tx.objectStore('meta').put(new Date().toISOString(), 'syncedAt');
  });
}

let keeping: Promise<void> | undefined;

// keep downloads assigned courses and drills by itself, and drops what nothing needs any more.
export function keep(): Promise<void> {
  keeping ??= locked('keep', download).finally(() => {
    keeping = undefined;
  });
  return keeping;
}

async function download(): Promise<void> {
  const versions = new Set(store.enrolments.filter((e) => e.state !== 'closed').map((e) => `${e.course}@${e.n}`));
  const templates = new Set(store.drills.map((drill) => `${drill.id}@${drill.n}`));
  let news = false;
  for (const key of versions) {
    if (store.outlines.has(key)) continue;
    const [course, n] = split(key);
    const version = await call<VersionView>('GET', `/courses/${course}/versions/${n}`);
    await write((tx) => {
      tx.objectStore('versions').put(version, key);
      tx.objectStore('outlines').put({ ...outline(version), key });
    });
    news = true;
  }
  for (const key of templates) {
    if (store.templates.has(key)) continue;
    const template = await call<DrillTemplate>('GET', '/me/drills/' + split(key)[0]);
    await db().put('templates', template, `${template.id}@${template.n}`);
    news = true;
  }
  const unneeded = (await db().getAllKeys('versions')).filter((key) => !versions.has(key));
  for (const key of unneeded) {
    await write((tx) => {
      tx.objectStore('versions').delete(key);
      tx.objectStore('outlines').delete(key);
    });
  }
  const running = new Set([...store.runs.values()].map((run) => `${run.drill}@${run.n}`));
  for (const key of await db().getAllKeys('templates')) if (!templates.has(key) && !running.has(key)) await db().delete('templates', key);
  if (!news) return;
  await changed();
  await navigator.storage?.persist?.();
}

function outline({ course, n, title, summary, cover, minutes, lessons, quizzes }: VersionView): CourseSummary {
  return {
    id: course,
    n,
    title,
    summary,
    cover,
    minutes,
    lessons: lessons.map(({ id, title, minutes }) => ({ id, title, minutes })),
    quizzes,
  };
}

function split(key: string): [id: string, n: string] {
  const at = key.lastIndexOf('@');
  return [key.slice(0, at), key.slice(at + 1)];
}

export const version = (course: string, n: number): Promise<VersionView | undefined> => db().get('versions', `${course}@${n}`);
export const template = (drill: string, n: number): Promise<DrillTemplate | undefined> => db().get('templates', `${drill}@${n}`);
