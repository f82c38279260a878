import { locked, request } from '../api/client.ts';
import { problemOf } from '../api/problem.ts';
import type { Verdict } from '../api/types.ts';
import { type AttemptFact, type DrillFact, db, isOpen, type LessonFact, type Op, type ParkedOp, type RatingFact, write } from './db.ts';
import { newId } from './id.ts';
import { changed } from './read.ts';

export const batch = 50;

// Facts are what the phone remembers of an op, written with it in one transaction.
export interface Facts {
  lesson?: LessonFact;
  attempt?: AttemptFact;
  drill?: DrillFact;
  rating?: RatingFact;
  read?: string; // an announcement
}

// record keeps what a person did. When its promise is fulfilled it is on the disk: only then may a screen say "saved".
export async function record(kind: string, fields: Record<string, unknown>, facts: Facts = {}): Promise<void> {
  const op: Op = { id: newId(), kind, at: new Date().toISOString(), ...fields };
  await write((tx) => {
    tx.objectStore('outbox').put(op);
    putFacts(tx, facts);
  });
  await changed();
  if (isOpen()) flush();
}

// remember keeps facts that are not sent by themselves, such as the card one is at.
export async function remember(facts: Facts): Promise<void> {
  await write((tx) => putFacts(tx, facts));
  await changed();
}

function putFacts(tx: Parameters<Parameters<typeof write>[0]>[0], facts: Facts): void {
  if (facts.lesson) tx.objectStore('lessons').put(facts.lesson);
  if (facts.attempt) tx.objectStore('attempts').put(facts.attempt);
  if (facts.drill) tx.objectStore('drills').put(facts.drill);
  if (facts.read) tx.objectStore('meta').put(true, 'read:' + facts.read);
  if (facts.rating) tx.objectStore('ratings').put(facts.rating);
}

let running: Promise<void> | undefined;
let again = false;
let notBefore = 0;
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let afterSending: () => unknown = () => {};

// onSent is called after the server has taken or refused something: new tickets and states wait there.
export function onSent(then: () => unknown): void {
  afterSending = then;
}

// flush sends the outbox, in one tab at a time. An op leaves it only by its own verdict: what the network, a 401, a 429
// or a 5xx left unanswered stays for the next time.
export function flush({ now = false } = {}): Promise<void> {
  if (now) notBefore = 0;
  if (running) {
    again = true;
    return running;
  }
  running = locked('outbox', sendAll).finally(() => {
    running = undefined;
    if (again) {
      again = false;
      flush();
    }
  });
  return running;
}

async function sendAll(): Promise<void> {
  let settled = 0;
  let limit = batch;
  while (isOpen() && Date.now() >= notBefore) {
    const ops = await db().getAll('outbox', null, limit);
    if (!ops.length) break;
    const response = await request('POST', '/ops', { ops }).catch(() => undefined);
    if (!response) {
      wait();
      break;
    }
    if (response.ok) {
      failures = 0;
      const answered = await settle(ops, (await response.json()).results ?? []);
      settled += answered;
      if (!answered) {
        wait();
        break;
      }
      continue;
    }
    const problem = await problemOf(response);
    if (![400, 413, 422].includes(response.status)) {
      wait(problem.retryAfter);
      break;
    }
    // the request as a whole was refused: one op after another finds the one that is meant
    if (ops.length > 1) limit = 1;
    else settled += await settle(ops, [{ id: ops[0]!.id, status: 'rejected', code: problem.code }]);
  }
  if (settled) await afterSending();
}

// wait puts sending off: as long as the server asks for, else longer each time, never the same for all phones.
function wait(seconds?: number): void {
  const pause = seconds === undefined ? Math.min(300, 5 * 2 ** failures++) : seconds;
  const delay = (pause + Math.random() * Math.min(pause, 30)) * 1000;
  if (seconds !== undefined) notBefore = Date.now() + delay;
  clearTimeout(timer);
  timer = setTimeout(() => flush({ now: true }), delay);
}

async function settle(ops: Op[], results: Verdict[]): Promise<number> {
  const verdicts = new Map(results.map((verdict) => [verdict.id, verdict]));
  const answered = ops.filter((op) => verdicts.has(op.id));
  if (!answered.length) return 0;
  await write(async (tx) => {
    for (const op of answered) {
      const verdict = verdicts.get(op.id)!;
      const rejected = verdict.status === 'rejected';
      if (rejected) tx.objectStore('parked').put({ op, id: op.id, code: verdict.code ?? 'unknown', parkedAt: new Date().toISOString() });
      tx.objectStore('outbox').delete(op.id);
      if (op.kind === 'survey.answer') await forget(tx, op.survey as string);
      if (op.kind !== 'attempt.submit') continue;
      const attempt = await tx.objectStore('attempts').get(op.attempt as string);
      if (attempt)
        tx.objectStore('attempts').put({ ...attempt, state: rejected ? 'parked' : 'marked', result: verdict.attempt ?? attempt.result });
    }
  });
  await changed();
  return answered.length;
}

// forget takes out a survey that the person has answered, before the next sync does.
async function forget(tx: Parameters<Parameters<typeof write>[0]>[0], survey: string): Promise<void> {
  const items = tx.objectStore('items');
  for (const item of await items.getAll()) if (item.kind === 'survey' && item.survey.id === survey) items.delete(item.key);
}

// sendAgain puts a refused op back into the outbox, under a new id: the server has answered the old one for good.
export async function sendAgain(parked: ParkedOp): Promise<void> {
  await write(async (tx) => {
    tx.objectStore('outbox').put({ ...parked.op, id: newId() });
    tx.objectStore('parked').delete(parked.id);
    const attempt = parked.op.kind === 'attempt.submit' && (await tx.objectStore('attempts').get(parked.op.attempt as string));
    if (attempt) tx.objectStore('attempts').put({ ...attempt, state: 'waiting' });
  });
  await changed();
  await flush({ now: true });
}

// discard drops a refused op: only the person may ask for it.
export async function discard(parked: ParkedOp): Promise<void> {
  await db().delete('parked', parked.id);
  await changed();
}
