import { ApiError, isOffline } from '../api/problem.ts';
import { a } from '../i18n/account.ts';
import { t } from '../i18n/t.svelte.ts';

// words says in the person's language why a change of how they sign in did not work. A person who closes the window
// of the passkey is told nothing.
export function words(error: unknown): string {
  if (error instanceof DOMException)
    return error.name === 'InvalidStateError'
      ? a('security.passkeyKnown')
      : error.name === 'NotAllowedError'
        ? ''
        : a('security.passkeyFailed');
  if (isOffline(error)) return a('security.offline');
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 429) return t('signIn.tooMany', { minutes: Math.max(1, Math.ceil((error.retryAfter ?? 60) / 60)) });
  switch (error.code) {
    case 'second_factor_wrong':
      return a('second.wrong');
    case 'step_ended':
      return a('second.ended');
    case 'passkey_refused':
      return a('second.passkeyRefused');
    case 'proof_wrong':
      return a('security.proofWrong');
    case 'last_factor':
      return a('security.lastFactor');
    case 'last_way':
      return a('links.lastWay');
    case 'setup_ended':
      return a('security.setupEnded');
    case 'passkey_known':
      return a('security.passkeyKnown');
    case 'too_many_passkeys':
      return a('security.tooManyPasskeys');
    case 'no_password':
      return a('password.none');
  }
  if (error.of('code')) return a('second.wrong');
  return a('security.failed');
}
