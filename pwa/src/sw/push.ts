/// <reference lib="webworker" />

// Notice is the notification of a Declarative Web Push message: the only payload the server sends.
interface Notice {
  title: string;
  body?: string;
  navigate?: string;
  tag?: string;
  lang?: string;
  app_badge?: number | string;
  actions?: { action: string; title: string }[]; // to put it off
}

const unknown: Notice = { title: 'Học Số', body: 'Bạn có tin mới. Mở ứng dụng để xem.', navigate: '/' };

// read never fails: a push that shows nothing costs the person's permission.
export function read(data: { json(): unknown } | null): Notice {
  try {
    const message = data!.json() as { web_push: number; notification: Notice };
    if (message.web_push === 8030 && message.notification.title) return message.notification;
  } catch {
    // shown as an unknown message
  }
  return unknown;
}

// notify shows the message, sets the badge, and tells the open windows that there is something new.
export async function notify(worker: ServiceWorkerGlobalScope, data: PushMessageData | null): Promise<void> {
  const notice = read(data);
  const badge = (worker.navigator as { setAppBadge?(count?: number): Promise<void> }).setAppBadge;
  const windows = await worker.clients.matchAll({ type: 'window' });
  for (const window of windows) window.postMessage({ type: 'pushed' });
  await Promise.allSettled([
    worker.registration.showNotification(notice.title, {
      body: notice.body,
      tag: notice.tag,
      lang: notice.lang,
      icon: '/icons/icon-192.png',
      badge: '/icons/badge-96.png',
      data: notice.navigate,
      actions: notice.actions?.map(({ action, title }) => ({ action, title })),
    } as NotificationOptions),
    notice.app_badge === undefined ? undefined : badge?.call(worker.navigator, Number(notice.app_badge)),
  ]);
}

export interface SubscriptionChange extends ExtendableEvent {
  oldSubscription?: PushSubscription;
  newSubscription?: PushSubscription;
}

// subscribeAgain tells the server of the new subscription in place of the old one; the cookie alone is enough for that.
export async function subscribeAgain(worker: ServiceWorkerGlobalScope, event: SubscriptionChange): Promise<void> {
  const fresh = event.newSubscription ?? (await worker.registration.pushManager.subscribe(event.oldSubscription?.options));
  const { endpoint, keys } = fresh.toJSON();
  await fetch('/api/v1/me/subscriptions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hocso': '1' },
    body: JSON.stringify({ endpoint, keys, replaces: event.oldSubscription?.endpoint }),
  });
}
