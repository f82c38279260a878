import { MediaQuery } from 'svelte/reactivity';

const query = typeof matchMedia === 'function' ? new MediaQuery('(min-width: 900px)') : undefined;

// isWide tells a desk from a phone, for what cannot be said in CSS: a table there, a list here.
export const isWide = (): boolean => query?.current ?? true;
