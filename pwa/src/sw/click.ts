/// <reference lib="webworker" />

// show brings an open window to the front and tells it the address, or opens one: never both. An address of another
// origin leads to the start of the app.
export async function show(clients: Clients, url: URL): Promise<void> {
  const target = url.origin === location.origin ? url.href : location.origin + '/';
  const [open] = await clients.matchAll({ type: 'window' });
  if (!open) {
    await clients.openWindow(target);
    return;
  }
  open.postMessage({ type: 'navigate', url: target }); // first: a browser may refuse to bring a window to the front
  await open.focus().catch(() => undefined);
}
