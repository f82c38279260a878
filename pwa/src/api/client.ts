import { ApiError, problemOf } from './problem.ts';
import type { SecondStep, Session } from './types.ts';

let token = ''; // in memory only, never in storage
let renewing: Promise<Session> | undefined;
let onSession: (session: Session) => unknown = () => {};
let onEnded: () => void = () => {};
let onReached: (reached: boolean) => void = () => {};

// watchSession tells the app of every new session and of its end.
export function watchSession(opened: (session: Session) => unknown, ended: () => void): void {
  onSession = opened;
  onEnded = ended;
}

// watchNetwork tells the app whether the last request had an answer: a phone that says it is online often is not.
export function watchNetwork(reached: (reached: boolean) => void): void {
  onReached = reached;
}

export const signedIn = (): boolean => token !== '';

// locked runs work in one tab at a time; a browser without locks runs it at once.
export function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  return navigator.locks ? (navigator.locks.request(name, work) as Promise<T>) : work();
}

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const all: Record<string, string> = { ...headers };
  if (token) all.authorization = 'Bearer ' + token;
  if (method !== 'GET') all['x-hocso'] = '1';
  if (body !== undefined) all['content-type'] = 'application/json';
  try {
    const response = await fetch('/api/v1' + path, {
      method,
      headers: all,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
    });
    onReached(true);
    return response;
  } catch {
    onReached(false);
    throw new ApiError(0, 'offline');
  }
}

// accept goes on with a new access token.
export async function accept(session: Session): Promise<Session> {
  token = session.accessToken;
  await onSession(session);
  return session;
}

// open begins a session by what a person typed, or gives back the step that is missing for one.
export async function open(path: string, body: unknown): Promise<SecondStep | undefined> {
  const answer = await anyone<Session & { secondFactor?: SecondStep }>(path, body);
  if (!answer.secondFactor) await accept(answer);
  return answer.secondFactor;
}

// tell says what needs no session.
export async function tell(path: string, body: unknown): Promise<Response> {
  const response = await send('POST', path, body);
  if (!response.ok) throw await problemOf(response);
  return response;
}

// renew gets a new access token by the cookie: one request for all who ask, in one tab at a time, because the cookie
// is good for one renewal only.
export function renew(): Promise<Session> {
  renewing ??= locked('session', async () => {
    const response = await send('POST', '/auth/refresh');
    if (response.ok) return accept(await response.json());
    const problem = await problemOf(response);
    if (response.status === 401) {
      token = '';
      onEnded();
    }
    throw problem;
  }).finally(() => {
    renewing = undefined;
  });
  return renewing;
}

// forget ends what this tab knows of the session; the cookie is taken back by the server when it can be reached.
export async function forget(): Promise<void> {
  await send('POST', '/auth/sign-out').catch(() => undefined);
  token = '';
}

// request sends with the access token and renews it once when it has run out.
export async function request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response> {
  if (!token) await renew();
  let response = await send(method, path, body, headers);
  if (response.status === 401) {
    await renew();
    response = await send(method, path, body, headers);
  }
  return response;
}

// download asks for a file with the access token, which a plain link could not send.
export async function download(path: string): Promise<{ name: string; blob: Blob }> {
  const response = await request('GET', path);
  if (!response.ok) throw await problemOf(response);
  const name = /filename="?([^";]+)/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  return { name: name ?? 'hocso' + path.slice(path.lastIndexOf('.')).replace(/\?.*/, ''), blob: await response.blob() };
}

// call is request with the answer as JSON; everything but success is an ApiError.
export async function call<T = void>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await request(method, path, body);
  if (!response.ok) throw await problemOf(response);
  const answer = await response.text(); // 202 comes with one or without
  return (answer ? JSON.parse(answer) : undefined) as T;
}

// anyone asks what needs no session.
export async function anyone<T>(path: string, body?: unknown): Promise<T> {
  const response = await send(body ? 'POST' : 'GET', path, body);
  if (!response.ok) throw await problemOf(response);
  return response.json();
}
