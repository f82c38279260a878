import { anyone, call } from '../api/client.ts';
import type { List } from '../api/types.ts';
import { db, isOpen } from '../offline/db.ts';

// PushState is what this device can do: install means an iPhone or iPad where the app must be on the home screen first,
// off means allowed but not subscribed.
export type PushState = 'unsupported' | 'install' | 'denied' | 'default' | 'off' | 'granted';

export interface Subscription {
  id: string;
  device: string;
  createdAt: string;
  lastSeenAt?: string;
  current?: boolean;
}

export async function pushState(): Promise<PushState> {
  if (!('serviceWorker' in navigator)) return 'unsupported';
  if (!('PushManager' in window)) return (navigator as { standalone?: boolean }).standalone === false ? 'install' : 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  if (Notification.permission === 'default') return 'default';
  return (await existing()) ? 'granted' : 'off';
}

async function existing(): Promise<PushSubscription | undefined> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? undefined;
}

// subscribe must be called in answer to a touch: the browser asks its own question first. False means the person said no.
export async function subscribe(device: string): Promise<boolean> {
  if ((await Notification.requestPermission()) !== 'granted') return false;
  const { publicKey } = await anyone<{ publicKey: string }>('/push/key');
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(publicKey) });
  await tell(subscription, device);
  return true;
}

async function tell(subscription: PushSubscription, device: string): Promise<void> {
  const { endpoint, keys } = subscription.toJSON();
  const { id } = await call<{ id: string }>('POST', '/me/subscriptions', { endpoint, keys, device });
  if (isOpen()) await db().put('meta', id, 'subscription');
}

// tellAgain repeats the subscription on every start: browsers change it without a word, and the server forgets devices
// it has not seen for long.
// Where the browser was told to let nothing through any more, the server is told why the device goes.
export async function tellAgain(device: string): Promise<void> {
  if ('Notification' in window && Notification.permission === 'denied') return unsubscribe('revoked');
  if (!('PushManager' in window) || !('Notification' in window) || Notification.permission !== 'granted') return;
  const subscription = await existing();
  if (subscription) await tell(subscription, device);
}

// Why a device goes: what a person chose is counted, signing out is not.
type Why = 'push_off' | 'revoked';

// unsubscribe ends reminders on this device, here and on the server.
export async function unsubscribe(why?: Why): Promise<void> {
  const subscription = 'serviceWorker' in navigator && 'PushManager' in window ? await existing() : undefined;
  const id = isOpen() ? ((await db().get('meta', 'subscription')) as string | undefined) : undefined;
  if (id) await remove(id, why).catch(() => undefined);
  await subscription?.unsubscribe();
  if (id && isOpen()) await db().delete('meta', 'subscription');
}

export const remove = (id: string, why?: Why): Promise<void> =>
  call('DELETE', '/me/subscriptions/' + encodeURIComponent(id) + (why ? `?why=${why}` : ''));
export const sendTest = (): Promise<void> => call('POST', '/me/subscriptions/test', {});
export const thisSubscription = async (): Promise<string | undefined> => (await db().get('meta', 'subscription')) as string | undefined;

export async function subscriptions(): Promise<Subscription[]> {
  return (await call<List<Subscription>>('GET', '/me/subscriptions')).items ?? [];
}

// bytes reads base64url, as the server writes its key.
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  const result = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i++) result[i] = plain.charCodeAt(i);
  return result;
}
