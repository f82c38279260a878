import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { budgets } from './build/budgets.ts';
import { serviceWorker } from './build/service-worker.ts';

// What the first screens do not need of Svelte would else come with them, because all pages share it.
const notFirst =
  /node_modules\/svelte\/src\/(animate|easing|reactivity\/(map|set|date|url)|internal\/client\/(loop|timing|dom\/(blocks\/(html|svelte-element)|elements\/(transitions|bindings\/(select|size)|attachments|style))))/;

const api = process.env.HOCSO_API ?? 'http://127.0.0.1:8080';

export default defineConfig({
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: { codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: 'svelte-more', test: notFirst }] } },
    },
  },
  plugins: [svelte(), svelteTesting(), budgets(), serviceWorker()],
  server: { proxy: { '/api': api } },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts', 'build/**/*.test.ts'], setupFiles: ['src/test/setup.ts'] },
});
