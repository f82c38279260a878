import type { RequestKind, RequestState } from '../api/privacy.ts';
import { a } from '../i18n/account.ts';

export const kindName = (kind: RequestKind): string => a(`requests.kind.${kind}`);
export const stateName = (state: RequestState): string => a(`requests.state.${state}`);
