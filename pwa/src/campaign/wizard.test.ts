import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/problem.ts';
import { type Choice, Wizard } from './wizard.svelte.ts';

const course = (id: string, minutes = 20): Choice => ({
  kind: 'course',
  id,
  title: { vi: 'Khóa ' + id, en: 'Course ' + id },
  summary: { vi: '', en: '' },
  minutes,
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
    expect(wizard.request().items).toEqual([{ kind: 'course', id: 'b' }]);
  });

  it('is not ready before each step is filled in', () => {
    const wizard = new Wizard();
    expect(wizard.ready.what).toBe(false);
    wizard.toggle(course('a'));
    expect(wizard.ready).toMatchObject({ what: true, who: true, when: true, name: true });
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

  it('goes to the step of the field that was refused', () => {
    const wizard = new Wizard();
    const refuse = (field: string) => wizard.showRefused(new ApiError(422, 'invalid_fields', { errors: [{ field, code: 'x' }] }));
    for (const [field, step] of [
      ['dueOn', 'when'],
      ['audience.units[0]', 'who'],
      ['items[1].id', 'what'],
      ['name.en', 'name'],
    ] as const) {
      refuse(field);
      expect(wizard.step, field).toBe(step);
    }
  });
});
