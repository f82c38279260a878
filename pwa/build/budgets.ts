import { gzipSync } from 'node:zlib';
import type { Plugin, Rollup } from 'vite';

const kB = 1000;
export const limits = { first: 35 * kB, shared: 16 * kB, css: 8 * kB, route: 15 * kB, desk: 36 * kB, worker: 4 * kB, html: 2 * kB };

// The screens of trainers, administrators and unit heads: loaded when needed and never kept for offline use.
export const deskParts = [
  'authoring',
  'people',
  'campaign/pages',
  'campaign/planning',
  'survey',
  'announcement/desk',
  'path/desk',
  'exercise/desk',
  'report',
  'audit',
  'privacy',
  'holiday',
  'webhook',
  'measure',
];
export const deskFolder = new RegExp(`/src/(${deskParts.join('|')})[/.]|/src/i18n/desk\\.`);

type Bundle = Rollup.OutputBundle;

const size = (content: string | Uint8Array) => gzipSync(content, { level: 9 }).length;
const chunks = (bundle: Bundle) => Object.values(bundle).filter((file) => file.type === 'chunk');

// closure is a chunk and everything it imports statically.
function closure(bundle: Bundle, start: string, into = new Set<string>()): Set<string> {
  const chunk = bundle[start];
  if (into.has(start) || chunk?.type !== 'chunk') return into;
  into.add(start);
  for (const name of chunk.imports) closure(bundle, name, into);
  return into;
}

// css lists the styles that come with scripts.
function css(bundle: Bundle, names: Iterable<string>): Set<string> {
  const result = new Set<string>();
  for (const name of names) {
    const chunk = bundle[name] as (Rollup.OutputChunk & { viteMetadata?: { importedCss: Set<string> } }) | undefined;
    for (const style of chunk?.viteMetadata?.importedCss ?? []) result.add(style);
  }
  return result;
}

// deskOnly lists the scripts and styles that only the desk needs.
export function deskOnly(bundle: Bundle): Set<string> {
  const learner = new Set<string>();
  const desk = new Set<string>();
  for (const chunk of chunks(bundle)) {
    if (!chunk.isEntry && !chunk.isDynamicEntry) continue;
    const isDesk = deskFolder.test(chunk.facadeModuleId ?? '');
    for (const name of closure(bundle, chunk.fileName)) (isDesk ? desk : learner).add(name);
  }
  const only = new Set([...desk].filter((name) => !learner.has(name)));
  const learnerCss = css(bundle, learner);
  for (const name of css(bundle, only)) if (!learnerCss.has(name)) only.add(name);
  return only;
}

// measure adds up what each part of the app weighs, compressed by gzip.
export function measure(bundle: Bundle): { name: string; bytes: number; limit: number }[] {
  const sum = (names: Iterable<string>) => {
    let bytes = 0;
    for (const name of names) {
      const file = bundle[name];
      if (file) bytes += size(file.type === 'chunk' ? file.code : file.source);
    }
    return bytes;
  };
  const desk = deskOnly(bundle);
  const entry = chunks(bundle).find((chunk) => chunk.isEntry);
  const first = entry ? closure(bundle, entry.fileName) : new Set<string>();
  const parts = [
    { name: 'first script', bytes: sum(first), limit: limits.first },
    { name: 'first styles', bytes: sum(css(bundle, first)), limit: limits.css },
  ];
  // what all pages after sign-in share is loaded once, with the first of them
  const shared = chunks(bundle).filter((chunk) => chunk.name === 'engine' || chunk.name === 'parts');
  const there = new Set(first);
  for (const chunk of shared) closure(bundle, chunk.fileName, there);
  const more = [...there].filter((name) => !first.has(name));
  const moreStyles = [...css(bundle, more)].filter((name) => !css(bundle, first).has(name));
  parts.push({ name: 'shared by pages', bytes: sum(more) + sum(moreStyles), limit: limits.shared });
  for (const chunk of chunks(bundle)) {
    if (!chunk.isDynamicEntry || there.has(chunk.fileName) || desk.has(chunk.fileName)) continue;
    const own = [...closure(bundle, chunk.fileName)].filter((name) => !there.has(name));
    const styles = [...css(bundle, own)].filter((name) => !css(bundle, there).has(name));
    parts.push({ name: `route ${chunk.name}`, bytes: sum(own) + sum(styles), limit: limits.route });
  }
  // whoever opens a part of the desk loads its pages, what all parts share, and the texts of both in one language
  for (const part of deskParts) {
    const its = new RegExp(`/src/${part}[/.]|/src/i18n/desk\\.(${part.split('/')[0]}\\.)?vi\\.`);
    const all = chunks(bundle).filter((chunk) => chunk.isDynamicEntry && its.test(chunk.facadeModuleId ?? ''));
    const names = all.reduce((into, chunk) => closure(bundle, chunk.fileName, into), new Set<string>());
    const own = [...names, ...css(bundle, names)].filter((name) => desk.has(name));
    parts.push({ name: `desk ${part}`, bytes: sum(own), limit: limits.desk });
  }
  const html = bundle['index.html'];
  if (html?.type === 'asset') parts.push({ name: 'index.html', bytes: size(html.source), limit: limits.html });
  return parts;
}

// report prints the parts and throws when one is over its limit.
export function report(parts: { name: string; bytes: number; limit: number }[]): void {
  for (const { name, bytes, limit } of parts) {
    console.log(`${bytes > limit ? 'OVER ' : '     '}${name.padEnd(24)} ${(bytes / kB).toFixed(1).padStart(6)} of ${limit / kB} kB`);
  }
  const over = parts.filter((part) => part.bytes > part.limit);
  if (over.length) throw new Error(`over budget: ${over.map((part) => part.name).join(', ')}`);
}

// costly is a part of Svelte that every first script pays for as soon as one page uses it: all pages share one copy.
const costly = /svelte\/src\/internal\/client\/dom\/(blocks\/(svelte-element|html)|elements\/(transitions|bindings\/(size|input)))\.js$/;

// refuseCostly names what to write instead.
function refuseCostly(bundle: Bundle): void {
  for (const chunk of chunks(bundle)) {
    const used = chunk.moduleIds.find((id) => costly.test(id) && (chunk.modules[id]?.renderedLength ?? 0) > 0);
    if (used)
      throw new Error(
        `${used} costs every learner up to 2 kB: write elements out, move by CSS, measure with a ResizeObserver, use Prose for HTML, and value or checked with oninput or onchange for bind:`,
      );
  }
}

// budgets fails the build when a part of the app has grown beyond what a slow phone should load.
export function budgets(): Plugin {
  return {
    name: 'budgets',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        refuseCostly(bundle as unknown as Bundle);
        report(measure(bundle as unknown as Bundle));
      },
    },
  };
}
