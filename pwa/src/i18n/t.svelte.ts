import { part } from './locale.svelte.ts';
import { vi } from './vi.ts';

export type Key = keyof typeof vi;

// The frame of the app. Its Vietnamese is part of the first script, its English is loaded when wanted. Texts of the pages
// are parts of their own, loaded with the pages.
const frame = part<Key>({ vi: async () => vi, en: async () => (await import('./en.ts')).en });

export const t = frame.t;
export const loadTexts = frame.load;
export { speak } from './locale.svelte.ts';
