import type { Component } from 'svelte';
import { match } from './router.svelte.ts';

// biome-ignore lint/suspicious/noExplicitAny: the props of a page are the names in its path
export type Page = Component<any>;

// Route is one address and its page. full pages cover the tabs, open pages need no session. later says how to load a
// page that is not part of the first script.
export interface Route {
  path: string;
  frame?: 'full' | 'open';
  page?: Page;
  load?: () => Promise<{ default: Page }>;
}

export const now = (path: string, page: Page, frame?: Route['frame']): Route => ({ path, page, frame });
export const later = (path: string, load: () => Promise<{ default: Page }>, frame?: Route['frame']): Route => ({ path, load, frame });

// withTexts loads a page together with the texts it shows.
export const withTexts =
  (texts: () => Promise<unknown>) =>
  (load: () => Promise<{ default: Page }>): (() => Promise<{ default: Page }>) =>
  async () =>
    (await Promise.all([load(), texts()]))[0];

// of is a page of a script that holds several; it is shown once their texts are here in the person's language.
export const of = <P extends { ready: () => Promise<unknown> }>(
  path: string,
  load: () => Promise<P>,
  page: Exclude<keyof P, 'ready'>,
  frame?: Route['frame'],
): Route =>
  later(
    path,
    async () => {
      const pages = await load();
      await pages.ready();
      return { default: pages[page] as Page };
    },
    frame,
  );

export function find(routes: Route[], path: string): { route: Route; params: Record<string, string> } | undefined {
  for (const route of routes) {
    const params = match(route.path, path);
    if (params) return { route, params };
  }
}
