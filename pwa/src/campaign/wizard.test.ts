import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/problem.ts';
import { templates } from './templates.ts';
import { type Choice, Wizard } from './wizard.svelte.ts';

const course = (id: string, minutes = 20): Choice => ({
  kind: 'course',
  id,
  title: { vi: 'Khóa ' + id, en: 'Course ' + id },
  summary: { vi: '', en: '' },
  minutes,
  required: true,
});

afterEach(() => vi.unstubAllGlobals());

describe('the wizard', () => {
  it('names the campaign after its courses until the person names it', () => {
    const wizard = new Wizard();
    wizard.toggle(course('a'));
    wizard.toggle(course('b'));
    expect(wizard.name.vi).toBe('Khóa a +1');
    wizard.name.vi = 'Quý IV';
    wizard.named = true;
    wizard.toggle(course('a'));
    expect(wizard.name.vi).toBe('Quý IV');
    expect(wizard.plan().items).toEqual([{ kind: 'course', id: 'b', required: true }]);
  });

  it('is not ready before each step is filled in', () => {
    const wizard = new Wizard();
    expect(wizard.ready.what).toBe(false);
    wizard.toggle(course('a'));
    expect(wizard.ready).toMatchObject({ what: true, who: true, when: true, name: false });
    wizard.goal = { vi: 'Ai cũng biết', en: 'Everybody knows' };
    expect(wizard.ready.name).toBe(true);
    wizard.everybody = false;
    expect(wizard.ready.who).toBe(false);
    wizard.dueOn = '2000-01-01';
    expect(wizard.ready.when).toBe(false);
  });

  it('warns when there are too few working days for the minutes', () => {
    const wizard = new Wizard();
    wizard.toggle(course('a', 60));
    wizard.startsOn = '2026-11-27';
    wizard.dueOn = '2026-11-30';
    expect(wizard.tooShort).toBe(true);
    wizard.dueOn = '2026-12-03';
    expect(wizard.tooShort).toBe(false);
  });

  it('shows the count of the newest audience only', async () => {
    const answers: ((people: number) => void)[] = [];
    vi.stubGlobal('fetch', (url: string) =>
      url.endsWith('/auth/refresh')
        ? Promise.resolve(new Response('{"accessToken":"t","person":{}}'))
        : new Promise<Response>((answer) => answers.push((people) => answer(new Response(JSON.stringify({ people }))))),
    );
    const wizard = new Wizard();
    const first = wizard.count();
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    wizard.everybody = false;
    wizard.units = ['u'];
    const second = wizard.count();
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]!(7);
    answers[0]!(150);
    await Promise.all([first, second]);
    expect(wizard.people).toBe(7);
  });

  it('starts from a template, with what this organisation has', () => {
    for (const one of templates) {
      const wizard = new Wizard();
      wizard.start(one, [course('phishing-basics')]);
      expect(
        wizard.chosen.every(({ id }) => id === 'phishing-basics'),
        one.id,
      ).toBe(true);
      expect(wizard.ready, one.id).toMatchObject({ when: true, name: true });
      expect(wizard.changed, one.id).toBe(true);
      expect(
        one.items.every(({ opensAfter }) => (opensAfter?.days ?? 0) < one.days),
        one.id,
      ).toBe(true);
    }
  });

  it('keeps what opens after another when the order changes, and lets it open at once when that is gone', () => {
    const wizard = new Wizard();
    for (const id of ['a', 'b', 'c']) wizard.toggle(course(id));
    wizard.change(wizard.chosen[2]!, { opensAfter: { item: 1 } });
    const order = () => wizard.plan().items.map(({ id, opensAfter }) => id + (opensAfter?.item ?? ''));
    wizard.move(0, 1);
    expect(order()).toEqual(['b', 'a', 'c2']);
    wizard.move(2, -1);
    expect(order()).toEqual(['b', 'c', 'a']);
    wizard.change(wizard.chosen[1]!, { opensAfter: { item: 1 } });
    wizard.toggle(wizard.chosen[0]!);
    expect(order()).toEqual(['c', 'a']);
  });

  it('counts only what is required', () => {
    const wizard = new Wizard();
    wizard.toggle(course('a', 30));
    wizard.toggle(course('b', 20));
    wizard.change(wizard.chosen[1]!, { required: false });
    expect(wizard.minutes).toBe(30);
  });

  it('keeps the draft once, then with its version, and only when it changed', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (url.endsWith('/auth/refresh')) return Promise.resolve(new Response('{"accessToken":"t","person":{}}'));
      asked.push(`${init.method} ${url}`);
      return Promise.resolve(new Response(JSON.stringify({ id: 'c', version: asked.length })));
    });
    const wizard = new Wizard();
    wizard.toggle(course('a'));
    await wizard.save();
    expect(wizard.changed).toBe(false);
    await wizard.save();
    wizard.name.vi = 'Tên khác';
    await wizard.save();
    expect(asked).toEqual(['POST /api/v1/campaigns', 'PUT /api/v1/campaigns/c?version=1']);
  });

  it('goes to the step of the field that was refused', () => {
    const wizard = new Wizard();
    const refuse = (field: string) => wizard.showRefused(new ApiError(422, 'invalid_fields', { errors: [{ field, code: 'x' }] }));
    for (const [field, step] of [
      ['dueOn', 'when'],
      ['reminders.offsets[0]', 'when'],
      ['goal.vi', 'name'],
      ['audience.units[0]', 'who'],
      ['items[1].id', 'what'],
      ['name.en', 'name'],
    ] as const) {
      refuse(field);
      expect(wizard.step, field).toBe(step);
    }
  });
});
