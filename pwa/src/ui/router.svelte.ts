// route is where the person is. moved becomes true with the first step inside the app: from then on the focus goes to
// the heading of a new page.
export const route = $state({ path: location.pathname, hash: location.hash, query: location.search, moved: false });

// wanted is where somebody was going who had to sign in first; it outlives a way through a provider that did not answer.
let wanted = sessionStorage.getItem('wanted') ?? '/';

// signInFirst asks to sign in. Where somebody has signed out, the next one begins anew.
export function signInFirst(anew = false): void {
  wanted = anew ? '/' : location.pathname + location.search + location.hash;
  sessionStorage.setItem('wanted', wanted);
  go('/sign-in', { replace: true });
}

// wantedPath is that place, for a way that leaves the app and comes back.
export const wantedPath = (): string => wanted;

// goOn leads there after sign-in, once.
export function goOn(): void {
  if (location.pathname !== '/sign-in') return;
  const to = wanted;
  wanted = '/';
  sessionStorage.removeItem('wanted');
  go(to, { replace: true });
}

let guard: (() => boolean) | undefined;

// keepUnsaved asks before a page with unsaved work is left; call what it returns when there is nothing to lose any more.
export function keepUnsaved(mayLeave: () => boolean): () => void {
  guard = mayLeave;
  return () => {
    if (guard === mayLeave) guard = undefined;
  };
}

export function go(to: string, { replace = false } = {}): void {
  if (guard && !guard()) return;
  guard = undefined;
  const depth = (history.state?.depth ?? 0) + (replace ? 0 : 1);
  history[replace ? 'replaceState' : 'pushState']({ depth }, '', to);
  arrive();
  toTop();
}

// toTop scrolls the page to its start; pages scroll within themselves, so that what stands at the foot covers nothing.
export function toTop(): void {
  for (const element of document.querySelectorAll('[data-scroll]')) element.scrollTop = 0;
}

// back goes where the person came from, or to the place above when the app was opened right here.
export function back(above: string): void {
  if (history.state?.depth > 0) history.back();
  else go(above, { replace: true });
}

function arrive(): void {
  route.path = location.pathname;
  route.hash = location.hash;
  route.query = location.search;
  route.moved = true;
}

export function startRouter(): void {
  addEventListener('popstate', () => {
    if (guard && !guard()) {
      history.pushState(history.state, '', route.path + route.query);
      return;
    }
    guard = undefined;
    arrive();
  });
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a');
    if (!link?.href || link.target || link.download || link.origin !== location.origin) return;
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.pathname.startsWith('/api/')) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash, { replace: 'replace' in link.dataset });
  });
  navigator.serviceWorker?.addEventListener('message', (event) => {
    if (event.data?.type !== 'navigate') return;
    const url = new URL(event.data.url, location.origin);
    if (url.origin === location.origin) go(url.pathname + url.search + url.hash);
  });
}

// match compares a path with a pattern such as /courses/:course and gives back its parts.
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const want = pattern.split('/');
  const have = path.replace(/\/$/, '').split('/');
  if (want.length !== have.length && !(pattern === '/' && path === '/')) return;
  const params: Record<string, string> = {};
  for (const [i, part] of want.entries()) {
    const given = have[i] ?? '';
    if (part.startsWith(':')) {
      if (!given) return;
      try {
        params[part.slice(1)] = decodeURIComponent(given);
      } catch {
        return;
      }
    } else if (part !== given) return;
  }
  return params;
}
