// update.ready says that a new version waits: the person is asked, and nothing happens by itself.
export const update = $state({ ready: false });

let waiting: ServiceWorker | null = null;

interface Trusted {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

// register starts the worker. With require-trusted-types-for 'script' a plain string is refused by register().
export async function register(): Promise<void> {
  const container = navigator.serviceWorker;
  if (!container || import.meta.env.DEV) return;
  const trusted = (window as { trustedTypes?: Trusted }).trustedTypes?.createPolicy('sw', { createScriptURL: (url) => url });
  const url = (trusted?.createScriptURL('/sw.js') ?? '/sw.js') as string;
  const had = Boolean(container.controller);
  const registration = await container.register(url);
  const look = () => {
    waiting = registration.waiting;
    update.ready = Boolean(waiting && container.controller);
  };
  look();
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') registration.update().catch(() => undefined);
  });
  let reloading = false;
  container.addEventListener('controllerchange', () => {
    if (!had || reloading) return; // the first worker takes over an app that is as new as itself
    reloading = true;
    location.reload();
  });
}

// takeUpdate lets the new version take over; the page loads again once.
export function takeUpdate(): void {
  waiting?.postMessage({ type: 'SKIP_WAITING' });
}
