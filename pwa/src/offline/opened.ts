import { route } from '../ui/router.svelte.ts';
import { record } from './outbox.ts';

// noteOpened tells the server that a reminder was opened: its address carries the delivery, which then leaves the address
// so that a reload or a bookmark does not tell it again.
export async function noteOpened(): Promise<void> {
  const query = new URLSearchParams(route.query);
  const delivery = query.get('delivery');
  if (!delivery) return;
  query.delete('delivery');
  const rest = query.toString();
  route.query = rest && `?${rest}`;
  history.replaceState(history.state, '', route.path + route.query + route.hash);
  await record('reminder.opened', { delivery });
}
