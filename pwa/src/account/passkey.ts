import type { Assertion, Attestation, PasskeyAsk, PasskeyOffer } from '../api/factors.ts';

// The JSON of WebAuthn writes bytes as base64url; not every browser in use reads and writes it itself.
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
}

export function text(buffer: ArrayBuffer | null): string {
  if (!buffer) return '';
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

export const passkeys = (): boolean => typeof PublicKeyCredential === 'function' && !!navigator.credentials;

const refs = (list: PasskeyAsk['publicKey']['allowCredentials']) =>
  list.map(({ id, transports }) => ({ type: 'public-key' as const, id: bytes(id), transports: transports as AuthenticatorTransport[] }));

// sign asks the person's authenticator to answer; it throws a DOMException when the person does not want to.
export async function sign({ token, publicKey }: PasskeyAsk): Promise<Assertion> {
  const credential = (await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: refs(publicKey.allowCredentials),
      userVerification: 'required',
    },
  })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    token,
    id: credential.id,
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: text(response.userHandle),
  };
}

// make has the authenticator make a new passkey.
export async function make({ token, publicKey }: PasskeyOffer, name: string): Promise<Attestation> {
  const credential = (await navigator.credentials.create({
    publicKey: {
      ...(publicKey as unknown as PublicKeyCredentialCreationOptions),
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: refs(publicKey.excludeCredentials),
    },
  })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    token,
    name,
    id: credential.id,
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  };
}
