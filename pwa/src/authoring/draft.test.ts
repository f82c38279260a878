import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Content, Course } from '../api/authoring.ts';
import { db, openFor } from '../offline/db.ts';
import { Draft } from './draft.svelte.ts';

// A server with one course: it refuses a draft made from an older version, as the real one does.
class Server {
  course: Course;
  offline = false;
  puts: { version: number; draft: Content }[] = [];
  constructor() {
    this.course = {
      id: 'c',
      published: 1,
      source: 'app',
      hash: '',
      changedAt: '',
      version: 1,
      draft: {
        title: { vi: 'Khóa', en: 'Course' },
        summary: { vi: '', en: '' },
        cover: 'shield',
        licence: '',
        competences: [],
        tier: 'A',
        lessons: [],
        quizzes: [],
      },
    };
  }
  elsewhere(change: Partial<Content>) {
    this.course = { ...this.course, version: this.course.version + 1, draft: { ...this.course.draft, ...change } };
  }
  fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    if (this.offline) throw new TypeError('no network');
    const json = (body: unknown, status = 200) =>
      new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
    if (url.endsWith('/auth/refresh')) return json({ accessToken: 't', expiresAt: '', person: {} });
    if (init.method !== 'PUT') return json(this.course);
    const body = JSON.parse(String(init.body));
    this.puts.push(body);
    if (body.version !== this.course.version) return json({ code: 'draft_changed', status: 409 }, 409);
    this.course = { ...this.course, version: body.version + 1, draft: body.draft };
    return json(this.course);
  };
}

let server: Server;
const kept = () => db().get('meta', 'draft:c');
const written = (draft: Draft, vi: string) => {
  draft.content!.title.vi = vi;
  draft.touch();
};

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  server = new Server();
  vi.stubGlobal('fetch', server.fetch);
  await openFor('p' + Math.random());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a draft', () => {
  it('saves by itself after a moment without typing, once', async () => {
    const draft = new Draft('c');
    await draft.reload();
    written(draft, 'K');
    written(draft, 'Khóa mới');
    expect(draft.state).toBe('unsaved');
    await vi.advanceTimersByTimeAsync(2000);
    await vi.waitFor(() => expect(draft.state).toBe('saved'));
    expect(server.puts.map((put) => [put.version, put.draft.title.vi])).toEqual([[1, 'Khóa mới']]);
    expect(draft.course?.version).toBe(2);
    await vi.waitFor(async () => expect(await kept()).toBeUndefined());
  });

  it('sends nothing when nothing changed', async () => {
    const draft = new Draft('c');
    await draft.reload();
    draft.touch();
    expect(await draft.save()).toBe(true);
    expect(server.puts).toEqual([]);
  });

  it('keeps what was written on the device without a network and gives it back', async () => {
    const draft = new Draft('c');
    await draft.reload();
    server.offline = true;
    written(draft, 'Viết trên tàu');
    expect(await draft.save()).toBe(false);
    expect(draft.state).toBe('offline');
    server.offline = false;

    const later = new Draft('c');
    await later.reload();
    expect(later.content?.title.vi).toBe('Viết trên tàu');
    expect(later.note).toBe('restored');
    expect(await later.save()).toBe(true);
    expect(server.course.draft.title.vi).toBe('Viết trên tàu');
  });

  it('merges with what somebody else saved in another place', async () => {
    const draft = new Draft('c');
    await draft.reload();
    server.elsewhere({ cover: 'key' });
    written(draft, 'Khóa mới');
    expect(await draft.save()).toBe(true);
    expect(draft.note).toBe('merged');
    expect(server.course.draft).toMatchObject({ cover: 'key', title: { vi: 'Khóa mới' } });
    expect(draft.content?.cover).toBe('key');
  });

  it.each([
    ['mine', 'Của tôi'],
    ['theirs', 'Của họ'],
  ] as const)('asks when both changed the same place and settles for %s', async (prefer, title) => {
    const draft = new Draft('c');
    await draft.reload();
    server.elsewhere({ title: { vi: 'Của họ', en: 'Theirs' } });
    written(draft, 'Của tôi');
    expect(await draft.save()).toBe(false);
    expect(draft.state).toBe('clash');
    expect(draft.clashes).toEqual(['title']);
    expect(draft.content?.title.vi).toBe('Của tôi');
    await draft.settle(prefer);
    expect(draft.state).toBe('saved');
    expect(server.course.draft.title.vi).toBe(title);
    expect(draft.content?.title.vi).toBe(title);
  });

  it('meets a clash also when it comes back to a draft that was changed meanwhile', async () => {
    const draft = new Draft('c');
    await draft.reload();
    server.offline = true;
    written(draft, 'Của tôi');
    await draft.save();
    server.offline = false;
    server.elsewhere({ title: { vi: 'Của họ', en: 'Theirs' } });
    const later = new Draft('c');
    await later.reload();
    expect(later.state).toBe('clash');
    expect(later.content?.title.vi).toBe('Của tôi');
  });
});
