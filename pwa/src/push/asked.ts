import { db, isOpen } from '../offline/db.ts';

const silence = 14 * 86_400_000; // "not now" is two weeks of silence

// mayAsk says whether the app may put its own question: never again within two weeks of a "not now".
export async function mayAsk(now = Date.now()): Promise<boolean> {
  if (!isOpen()) return false;
  const until = (await db().get('meta', 'askAfter')) as number | undefined;
  return until === undefined || until <= now;
}

export async function notNow(now = Date.now()): Promise<void> {
  await db().put('meta', now + silence, 'askAfter');
}
