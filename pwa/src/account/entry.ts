import { anyone, open } from '../api/client.ts';
import type { PasskeyAsk } from '../api/factors.ts';
import { loadAccount } from '../i18n/account.ts';
import { sign } from './passkey.ts';
import { words } from './words.ts';

export { default as SecondStep } from './SecondStep.svelte';

export const ready = loadAccount;

// enter signs in with a passkey alone; it gives back what to tell the person when that did not work.
export async function enter(device: string): Promise<string> {
  try {
    await open('/auth/passkeys/sign-in', await sign(await anyone<PasskeyAsk>('/auth/passkeys/options', { device })));
    return '';
  } catch (error) {
    return words(error);
  }
}
