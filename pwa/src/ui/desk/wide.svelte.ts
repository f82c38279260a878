import { createSubscriber } from 'svelte/reactivity';

const query = typeof matchMedia === 'function' ? matchMedia('(min-width: 900px)') : undefined;
const subscribe = createSubscriber((update) => {
  query?.addEventListener('change', update);
  return () => query?.removeEventListener('change', update);
});

// isWide tells a desk from a phone, for what cannot be said in CSS: a table there, a list here.
export function isWide(): boolean {
  subscribe();
  return query?.matches ?? true;
}
