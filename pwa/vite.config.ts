import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { budgets } from './build/budgets.ts';
import { serviceWorker } from './build/service-worker.ts';

// What keeps, sends and fetches comes as one file, and so do the parts that most of a learner's pages are made of: on a slow
// network every request more costs more than its bytes.
const engine =
  /\/src\/offline\/(db|id|mine|notice|opened|outbox|read|start|sync)\.ts|\/src\/push\/subscribe\.ts|\/src\/i18n\/format\.ts|node_modules\/idb\//;
const parts = /\/src\/ui\/(Card|Chip|Cover|Full|Progress|Ring|Row)\.svelte|\/src\/ui\/due\.ts/;

// What all parts of the desk are made of.
const desk = /\/src\/(ui\/(desk\/|Table)|i18n\/desk\.svelte|api\/(people|authoring|campaign|report)\.)/;

const api = process.env.HOCSO_API ?? 'http://127.0.0.1:8080';

export default defineConfig({
  build: {
    target: 'es2022',
    // what the first script is made of is here already, and need not be named with every page
    modulePreload: { polyfill: false, resolveDependencies: (_, files) => files.filter((file) => !file.includes('/preload-helper-')) },
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'engine', test: engine },
            { name: 'parts', test: parts },
            { name: 'desk', test: desk },
          ],
        },
      },
    },
  },
  plugins: [svelte(), svelteTesting(), budgets(), serviceWorker()],
  server: { proxy: { '/api': api } },
  // No test is about time: 30 s are for a machine that does other things too.
  test: {
    testTimeout: 30_000,
    environment: 'jsdom',
    include: ['src/**/*.test.ts', 'build/**/*.test.ts'],
    setupFiles: ['src/test/setup.ts'],
  },
});
