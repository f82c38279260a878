import { call, forget, renew, watchNetwork, watchSession } from '../api/client.ts';
import type { Me, Session } from '../api/types.ts';
import { setZone } from '../i18n/format.ts';
import { type Locale, locale } from '../i18n/locale.svelte.ts';
import { speak } from '../i18n/t.svelte.ts';
import { deviceName } from '../push/device.ts';
import { tellAgain } from '../push/subscribe.ts';
import { db, destroy, destroyOthers, openFor } from './db.ts';
import { knownPerson, whose } from './engine.ts';
import { askToRead } from './notice.ts';
import { flush, onSent } from './outbox.ts';
import { read, tellSignedOut } from './read.ts';
import { clear, store } from './state.svelte.ts';
import { sync } from './sync.ts';

const localeUntold = 'hocso.localeUntold';

let started: Promise<void> | undefined;

// start shows what the phone has, at once and without a network, then asks the server.
export function start(): Promise<void> {
  started ??= begin();
  return started;
}

async function begin(): Promise<void> {
  watchSession(opened, () => {
    store.ended = true;
  });
  watchNetwork((reached) => {
    store.online = reached;
  });
  onSent(() => sync().catch(() => undefined));
  addEventListener('online', wake);
  addEventListener('offline', wake);
  setInterval(() => !store.online && document.visibilityState === 'visible' && navigator.onLine && connect(), 30_000); // no browser says when a bad network is good again
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake());
  navigator.serviceWorker?.addEventListener('message', (event) => {
    if (event.data?.type === 'pushed') wake();
  });
  const person = knownPerson();
  if (person) {
    await openFor(person);
    store.person = person;
    await read();
    setZone(store.me?.settings.timeZone);
  }
  store.ready = true;
  if (!person) return;
  await connect();
  if (!store.ended) await tellAgain(deviceName()).catch(() => undefined); // tried again with the next start
}

function wake(): void {
  if (!navigator.onLine) store.online = false;
  else if (store.person) connect();
  else store.online = true;
}

let connecting: Promise<void> | undefined;

// connect sends what waits and fetches what is new; without a network it does nothing, and nothing is lost.
export function connect(): Promise<void> {
  connecting ??= exchange().finally(() => {
    connecting = undefined;
  });
  return connecting;
}

async function exchange(): Promise<void> {
  if (!store.person || store.ended) return;
  try {
    await tellLocale();
    await flush();
    await sync();
    askToRead();
  } catch {
    // offline or ended: the screens say so, and the next event tries again
  }
}

async function tellLocale(): Promise<void> {
  if (!localStorage.getItem(localeUntold)) return;
  await call('PATCH', '/me/settings', { locale: locale.now });
  localStorage.removeItem(localeUntold);
}

// chooseLocale changes the language here at once and for reminders when the server can be told.
export async function chooseLocale(next: Locale): Promise<void> {
  await speak(next);
  localStorage.setItem(localeUntold, '1');
  if (store.person) await tellLocale().catch(() => undefined);
}

// opened takes a new session: the first of a person on this phone opens their database.
async function opened({ person }: Session): Promise<void> {
  store.ended = false;
  if (store.person !== person.id) await enter(person);
  await db().put('meta', person, 'me');
  store.me = person;
  setZone(person.settings.timeZone);
}

async function enter(person: Me): Promise<void> {
  if (store.person) clear();
  await openFor(person.id);
  localStorage.setItem(whose, person.id);
  const known = localStorage.getItem('hocso.locale');
  if (!known && (person.settings.locale === 'vi' || person.settings.locale === 'en')) await speak(person.settings.locale);
  else if (known && known !== person.settings.locale) localStorage.setItem(localeUntold, '1');
  await read();
  store.person = person.id;
  await destroyOthers(person.id).catch(() => undefined); // another tab may still hold one
}

// resume tries the cookie when the session had ended on the screen.
export const resume = (): Promise<Session> => renew();

export { noteOpened } from './opened.ts';

// signOut leaves nothing of the person on the phone: shared phones are common. unsubscribe comes from push.
export async function signOut(unsubscribe: () => Promise<void>): Promise<void> {
  const person = store.person;
  await unsubscribe().catch(() => undefined);
  await forget();
  localStorage.removeItem(whose);
  localStorage.removeItem(localeUntold);
  if (person) await destroy(person);
  for (const name of (await globalThis.caches?.keys()) ?? []) if (!name.startsWith('shell-')) await caches.delete(name);
  clear();
  tellSignedOut();
}
