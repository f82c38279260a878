import type { Text } from '../i18n/locale.svelte.ts';
import { call, download } from './client.ts';
import type { Device, Link, List, Role } from './types.ts';

export type PersonStatus = 'invited' | 'active' | 'closed';

// Grant is a role within a unit and everything below it; an empty unit is the whole organisation.
export interface Grant {
  role: Role;
  unit: string;
}

export interface Person {
  id: string;
  name: string;
  email: string;
  unit: string;
  grants: Grant[] | null;
  status: PersonStatus;
  joinedOn?: string;
  leftOn?: string;
  lastSeenAt?: string;
}

export interface Headship {
  person: string;
  from: string;
  to?: string;
  deputy?: boolean;
}

// PersonDetail is a person with what they lead and the cohorts they are in.
export interface PersonDetail extends Person {
  leads?: (Headship & { unit: string; name: Text })[];
  cohorts?: { id: string; name: Text }[];
  bounce?: { at: string; status: string }; // mail does not reach the address
}

export const retryMail = (id: string) => call<void>('POST', '/people/' + encodeURIComponent(id) + '/mail/retry');

export interface Unit {
  id: string;
  name: Text;
  parent?: string;
  path: string[] | null;
  heads: Headship[] | null;
  people: number;
  portal?: boolean; // what is publicly announced to it can be seen by anybody
  answering?: { id: string; name: string; unit: string; of: Text; deputy?: boolean }; // who answers for it; none: the administrators
}

export interface Invitation {
  link: string;
  expiresAt: string;
  mail: boolean; // a link can be mailed instead
}

// Waiting are those of a unit who have no password; leftOut counts those who hold roles where one does not manage.
export interface Waiting {
  items: { id: string; name: string; unit: string }[] | null;
  leftOut: number;
}

// InvitationCards are their one-time links, each also as a QR code: one SVG path on a square of so many units.
export interface InvitationCards {
  items: { id: string; name: string; unit: string; link: string; qr: { size: number; path: string } }[] | null;
  expiresAt: string;
  leftOut: number;
}

// ImportField is a column before and after; units are codes, a role has its unit behind it.
export interface ImportField {
  column: string;
  before: string;
  after: string;
}

// ImportSource is a list as text, or the bytes of a file; mapping says what each header stands for.
export type ImportSource = ({ csv: string } | { csvBase64: string }) & { mapping?: string[] } & ImportRules;

// ImportRules say what becomes of closed people whom the file names, and of those whom it should name and does not: in
// the units that it names, or in everybodyIn and below, which may be empty for all that one manages.
export interface ImportRules {
  reopen?: boolean;
  missing?: 'keep' | 'close';
  everybodyIn?: string;
  closeAtMost?: number;
}

export interface ImportResult {
  dryRun: boolean;
  applied?: boolean;
  rows: number;
  new: number;
  changed: number;
  moved: number;
  returned?: number;
  unchanged: number;
  unitsNew: number;
  unitsChanged?: number;
  sheet?: string; // of a workbook: the one that was read
  columns?: { header: string; column: string; samples: string[] | null }[] | null;
  ignored?: string[] | null;
  errors: { row: number; column: string; code: string; message: string }[] | null;
  errorCount?: number;
  changes:
    | { row: number; kind: 'new' | 'changed' | 'moved' | 'returned'; email: string; name: string; fields: ImportField[] | null }[]
    | null;
  missing?: number;
  missingPeople?: { id: string; name: string; email: string; unit: string; kept?: string }[] | null;
  covered?: number;
  closing?: number; // accounts that close with the import, if those missing are closed
  many?: boolean; // so many that the number must be confirmed
}

const at = (id: string, rest = '') => '/people/' + encodeURIComponent(id) + rest;

export const findPeople = (query: { q?: string; unit?: string; status?: string }, cursor?: string) =>
  call<List<Person>>('GET', '/people' + search({ ...query, cursor }));
export const person = (id: string) => call<PersonDetail>('GET', at(id));
export const addPerson = (fields: { name: string; email: string; unit: string; grants: Grant[] }) =>
  call<Person>('POST', '/people', fields);
export const changePerson = (
  id: string,
  fields: { name?: string; email?: string; unit?: string; grants?: Grant[]; joinedOn?: string; leftOn?: string },
) => call<Person>('PATCH', at(id), fields);
export const invite = (id: string) => call<Invitation>('POST', at(id, '/invite'));
export const waiting = (unit: string, below: boolean) =>
  call<Waiting>('GET', '/people/invitations' + search({ unit, below: String(below) }));
export const inviteAll = (unit: string, below: boolean) => call<InvitationCards>('POST', '/people/invitations', { unit, below });
export const mailInvitation = (id: string) => call('POST', at(id, '/invite/mail'));
export const setOpen = (id: string, open: boolean) => call<Person>('POST', at(id, open ? '/enable' : '/disable'));
export const sessionsOf = (id: string) => call<List<Device>>('GET', at(id, '/sessions')).then((list) => list.items ?? []);
export const endSession = (id: string, session: string) => call('DELETE', at(id, '/sessions/' + encodeURIComponent(session)));
export const linksOf = (id: string) => call<List<Link>>('GET', at(id, '/identities')).then((list) => list.items ?? []);
export const unlink = (id: string, link: string) => call('DELETE', at(id, '/identities/' + encodeURIComponent(link)));
export const endSessions = (id: string) => call('DELETE', at(id, '/sessions'));
export const removeFactors = (id: string) => call('DELETE', at(id, '/factors'));
export const importPeople = (source: ImportSource, dryRun: boolean) =>
  call<ImportResult>('POST', '/people/import?dryRun=' + dryRun, source);
export const exportPeople = (unit: string, lang: string) => download('/people/export.xlsx' + search({ unit, lang }));

export const units = () => call<List<Unit>>('GET', '/units').then((list) => list.items ?? []);
export const addUnit = (fields: { name: Text; parent?: string; id?: string }) => call<Unit>('POST', '/units', fields);
export const changeUnit = (id: string, fields: { name?: Text; parent?: string }) =>
  call<Unit>('PATCH', '/units/' + encodeURIComponent(id), fields);
export const removeUnit = (id: string) => call<void>('DELETE', '/units/' + encodeURIComponent(id));
export const setHeads = (id: string, heads: Headship[]) => call<Unit>('PUT', '/units/' + encodeURIComponent(id) + '/heads', { heads });

export const setPortal = (id: string, on: boolean) => call<Unit>('PUT', '/units/' + encodeURIComponent(id) + '/portal', { on });

export interface PublicFeed {
  items: { id: string; title: string; summary?: string; date_published: string }[];
}

// publicFeed is what the public sees of a unit, asked for as anybody does.
export async function publicFeed(id: string, lang: string): Promise<PublicFeed> {
  const response = await fetch(`/feed/${encodeURIComponent(id)}.json?lang=${lang}`, { credentials: 'omit', cache: 'no-cache' });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

// search makes the query string of what is not empty.
export function search(query: Record<string, string | undefined>): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  return pairs.length ? '?' + new URLSearchParams(pairs) : '';
}

export interface Branch {
  unit: Unit;
  depth: number;
  all: number; // people in it and below
}

// tree puts units in the order of the tree, siblings by name. A unit whose parent is not in the list is a top.
export function tree(list: Unit[], compare: (a: Unit, b: Unit) => number): Branch[] {
  const known = new Set(list.map((unit) => unit.id));
  const below = new Map<string, Unit[]>();
  for (const unit of list) {
    const parent = unit.parent && known.has(unit.parent) ? unit.parent : '';
    below.set(parent, [...(below.get(parent) ?? []), unit]);
  }
  const out: Branch[] = [];
  const walk = (parent: string, depth: number): number => {
    let people = 0;
    for (const unit of (below.get(parent) ?? []).sort(compare)) {
      const branch = { unit, depth, all: 0 };
      out.push(branch);
      branch.all = unit.people + (depth < 30 ? walk(unit.id, depth + 1) : 0);
      people += branch.all;
    }
    return people;
  };
  walk('', 0);
  return out;
}
