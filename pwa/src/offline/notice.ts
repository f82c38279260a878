import { go, route } from '../ui/router.svelte.ts';
import { store } from './state.svelte.ts';

let asked = false;

// askToRead shows the privacy notice to whoever has not read it: once after a start, with a network, and never in the
// middle of something. It keeps nobody from learning.
export function askToRead(): void {
  if (asked || !store.me?.noticeDue || route.path !== '/') return;
  asked = true;
  go('/notice');
}
