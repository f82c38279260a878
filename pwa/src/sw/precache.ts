declare const SHELL_FILES: string[];
declare const SHELL_VERSION: string;

const shell = 'shell-' + SHELL_VERSION;
const files = new Set(SHELL_FILES);

// install puts the app's files into a cache of this version's own; a file under /assets/ has its hash in its name, so
// the old shell's copy is the same bytes and is not fetched again.
export async function install(): Promise<void> {
  const cache = await caches.open(shell);
  await Promise.all(
    SHELL_FILES.map(async (url) => {
      const known = url.startsWith('/assets/') ? await caches.match(url) : undefined;
      const response = known ?? (await fetch(url, { cache: 'reload' }));
      if (!response.ok) throw new Error(url + ' ' + response.status);
      await cache.put(url, response);
    }),
  );
}

export async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('shell-') && name !== shell) await caches.delete(name);
  }
}

// answer is the response to what the app asks for itself; nothing under /api is ever kept here, and what is under /feed
// is for others.
export function answer(request: Request): Promise<Response> | undefined {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || /^\/(api|feed)\//.test(url.pathname)) return;
  if (request.mode === 'navigate') return files.has(url.pathname) ? kept(url.pathname, request) : kept('/index.html', request);
  if (files.has(url.pathname)) return kept(url.pathname, request);
}

async function kept(path: string, request: Request): Promise<Response> {
  return (await (await caches.open(shell)).match(path)) ?? fetch(request);
}
