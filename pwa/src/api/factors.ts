import { call } from './client.ts';
import type { components } from './schema.d.ts';

type Sent = components['schemas'];
export type Factors = Sent['FactorView'];
export type Passkey = Sent['Passkey'];
export type SetUp = Sent['TOTPSetUp'];
export type PasskeyAsk = Sent['PasskeyAsk'];
export type PasskeyOffer = Sent['PasskeyOffer'];
export type Assertion = Sent['AssertionRequest'];
export type Attestation = Sent['AttestationRequest'];

// Proof shows who is asking: the password, or what a passkey signed.
export interface Proof {
  password?: string;
  passkey?: Assertion;
}
type Codes = { recoveryCodes: string[] };

export const factors = () => call<Factors>('GET', '/me/factors');
export const askProof = () => call<PasskeyAsk>('POST', '/me/factors/proof');
export const beginApp = (proof: Proof) => call<SetUp>('POST', '/me/factors/totp', proof);
export const confirmApp = (code: string) => call<Codes>('POST', '/me/factors/totp/confirmation', { code });
export const removeApp = (proof: Proof) => call('POST', '/me/factors/totp/removal', proof);
export const newCodes = (proof: Proof) => call<Codes>('POST', '/me/factors/recovery-codes', proof);
export const offerPasskey = (proof: Proof) => call<PasskeyOffer>('POST', '/me/passkeys/options', proof);
export const addPasskey = (passkey: Attestation) => call<Codes>('POST', '/me/passkeys', passkey);
export const renamePasskey = (id: string, name: string) => call('PATCH', '/me/passkeys/' + encodeURIComponent(id), { name });
export const removePasskey = (id: string, proof: Proof) => call('POST', `/me/passkeys/${encodeURIComponent(id)}/removal`, proof);
