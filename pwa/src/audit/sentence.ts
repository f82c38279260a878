import type { Entry, Names } from '../api/audit.ts';
import { shortest } from '../i18n/format.ts';
import { tx } from '../i18n/locale.svelte.ts';
import { d, pick } from './texts.ts';

type Detail = NonNullable<Entry['detail']>[number];

// say gives the first of some texts that there is.
const say = (values: Record<string, string>, ...keys: string[]): string => d(pick(...keys) ?? 'detail.other', values);
const day = (date: string) => (/^\d{4}-\d\d-\d\d/.test(date) ? shortest(date) : date);

// who is the one who acted.
export function who(entry: Entry, names: Names): string {
  if (entry.actor) return tx(names[`person:${entry.actor}`]) || d('who.gone');
  if (entry.command === 'serve' || entry.action === 'trail_pruned') return d('who.program');
  return entry.command ? d('who.console', { command: entry.command }) : d('who.nobody');
}

// what is the thing it was about, "" if nobody knows.
export function what(kind: string, id: string, names: Names): string {
  const some = pick(`kind.${kind}`);
  if (!id) return some ? d(some) : '';
  const name = tx(names[`${kind}:${id}`]);
  if (kind === 'person') return name || d('gone.person');
  return pick(`named.${kind}`) ? say({ name: name || id }, `named.${kind}`) : id;
}

// sentence says in words what an entry is about, without its details.
export function sentence(entry: Entry, names: Names): string {
  const { action, outcome, object, code = '' } = entry;
  const known = object.id ? '' : '.none';
  const values = { what: what(object.kind, object.id, names), action };
  const own = pick(`says.${action}.${code}${known}`, `says.${action}.${outcome}${known}`, `says.${action}.${outcome}`);
  if (own && !entry.actor) return d(own, values);
  const doing = say(values, `do.${action}${known}`, `do.${action}`, 'do.other');
  return d(`says.${outcome}`, { who: who(entry, names), did: say(values, `did.${action}`, 'did.other'), do: doing });
}

// details says in words what changed. What the sentence has said already is left out.
export function details(entry: Entry, names: Names): string[] {
  return (entry.detail ?? [])
    .filter((x) => x.what !== 'route' && x.after !== 'no_such_person')
    .flatMap((x) => detail(x, names))
    .filter(Boolean);
}

function detail({ what: key, before, after }: Detail, names: Names): string[] {
  const unit = (id: string) => tx(names[`unit:${id}`]) || id || d('wholeOrganisation');
  const list = (text: string) => (text ? text.split(', ') : []);
  const role = (text: string) => {
    const [name = '', at = ''] = text.split('@');
    return { role: say({ what: name, before: '', after: '' }, `role.${name}`), unit: unit(at) };
  };
  const gone = list(before).filter((x) => !list(after).includes(x));
  const come = list(after).filter((x) => !list(before).includes(x));
  switch (key) {
    case 'unit':
      return [d(!before ? 'detail.into' : after ? 'detail.moved' : 'detail.outOf', { before: unit(before), after: unit(after) })];
    case 'parent':
      return [after ? d('detail.parent', { after: unit(after) }) : d('detail.parentTop')];
    case 'role_of': {
      const [person = '', given = ''] = (after || before).split(' ');
      return [d(after ? 'detail.roleOfAdded' : 'detail.roleOfRemoved', { name: what('person', person, names), ...role(given) })];
    }
    case 'roles':
      return [...come.map((x) => d('detail.roleAdded', role(x))), ...gone.map((x) => d('detail.roleRemoved', role(x)))];
    case 'heads':
      return [...come.map((x) => head(x, true, names)), ...gone.map((x) => head(x, false, names))];
    case 'units':
      return [d('detail.units', { after: list(after).map(unit).join(', ') })];
    case 'items':
      return list(after).map((x) => what(x.slice(0, x.indexOf(':')), x.slice(x.indexOf(':') + 1), names));
    case 'campaign':
      return [d('detail.campaign', { after: what('campaign', after, names) })];
    case 'member':
      return [d(after ? 'detail.memberAdded' : 'detail.memberRemoved', { name: what('person', after || before, names) })];
    case 'request':
      return [];
    case 'moved':
      return [d('detail.moved_people', { after })];
  }
  const values = { what: key, before: day(before), after: after ? day(after) : d('detail.cleared') };
  return [say(values, `detail.${key}.${after}`, `detail.${key}`)];
}

// head is one line of who leads a unit: "id from to head".
function head(text: string, added: boolean, names: Names): string {
  const [person = '', from = '', to = '-', as] = text.split(' ');
  const key = !added ? 'detail.headRemoved' : as === 'deputy' ? 'detail.deputyAdded' : 'detail.headAdded';
  const said = d(key, { name: what('person', person, names), from: day(from) });
  return to === '-' ? said : d('detail.until', { text: said, to: day(to) });
}
