import { route } from '../ui/router.svelte.ts';
import { record } from './outbox.ts';
import { reminded } from './reminded.svelte.ts';

// noteOpened tells the server that a reminder was opened: its address carries the delivery, which then leaves the address
// so that a reload or a bookmark does not tell it again.
export async function noteOpened(): Promise<void> {
  const query = new URLSearchParams(route.query);
  const delivery = query.get('delivery');
  if (!delivery) return;
  const when = query.get('snooze');
  reminded.when = when === 'afternoon' || when === 'tomorrow' ? when : undefined;
  reminded.token = delivery;
  query.delete('delivery');
  query.delete('snooze');
  const rest = query.toString();
  route.query = rest && `?${rest}`;
  history.replaceState(history.state, '', route.path + route.query + route.hash);
  await record('reminder.opened', { delivery });
}
