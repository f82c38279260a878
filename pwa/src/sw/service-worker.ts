/// <reference lib="webworker" />
import { show } from './click.ts';
import { activate, answer, install } from './precache.ts';
import { notify, type SubscriptionChange, subscribeAgain } from './push.ts';
import { snooze } from './snooze.ts';

declare const self: ServiceWorkerGlobalScope;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate().then(() => self.clients.claim())));
self.addEventListener('message', (event) => {
  if (event.data?.type === 'SKIP_WAITING') self.skipWaiting(); // the person has pressed "Update"
});
self.addEventListener('fetch', (event) => {
  const response = answer(event.request);
  if (response) event.respondWith(response);
});
self.addEventListener('push', (event) => event.waitUntil(notify(self, event.data)));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const url = new URL(event.notification.data ?? '/', location.origin);
  event.waitUntil(snooze(event.action, url).then((done) => (done ? undefined : show(self.clients, url))));
});
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(subscribeAgain(self, event as SubscriptionChange)));
