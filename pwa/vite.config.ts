import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { budgets } from './build/budgets.ts';
import { serviceWorker } from './build/service-worker.ts';

const api = process.env.HOCSO_API ?? 'http://127.0.0.1:8080';

export default defineConfig({
  build: { target: 'es2020', modulePreload: { polyfill: false }, assetsInlineLimit: 0, chunkSizeWarningLimit: 200 },
  plugins: [svelte(), svelteTesting(), budgets(), serviceWorker()],
  server: { proxy: { '/api': api } },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts', 'build/**/*.test.ts'], setupFiles: ['src/test-setup.ts'] },
});
