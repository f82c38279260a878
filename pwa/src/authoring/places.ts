import type { Content, Problem } from '../api/authoring.ts';
import { tx } from '../i18n/locale.svelte.ts';
import { d, pick } from './texts.ts';

// Place is where a problem is: the page with its field, and the way there in words.
export interface Place {
  href: string;
  words: string;
}

// placeOf reads a path such as lessons[1].practice[0].options[2].feedback.en.
export function placeOf(course: string, problem: Problem, content: Content): Place {
  const parts = [...problem.path.matchAll(/(\w+)\[(\d+)\]/g)].map(([, name, index]) => ({ name: name!, index: Number(index) }));
  const [first, ...rest] = parts;
  let page = '';
  const words: string[] = [];
  if (first?.name === 'lessons' || first?.name === 'quizzes') {
    const lesson = first.name === 'lessons';
    const one = lesson ? content.lessons[first.index] : content.quizzes[first.index];
    words.push(
      d(lesson ? 'problem.where.lesson' : 'problem.where.quiz', { n: first.index + 1 }) +
        (one && tx(one.title) ? ` (${tx(one.title)})` : ''),
    );
    if (one) page = `/${first.name}/${one.id}`;
  }
  for (const { name, index } of rest) {
    const key = pick('problem.where.' + { practice: 'practice', questions: 'question', options: 'option', pairs: 'pair' }[name]);
    if (key) words.push(d(key, { n: index + 1 }));
  }
  const field = pick('problem.field.' + /(\w+?)(\.(vi|en))?$/.exec(problem.path)?.[1]);
  if (field) words.push(d(field));
  if (problem.line) words.push(d('problem.where.line', { n: problem.line }));
  return { href: `/authoring/${course}${page}?at=${encodeURIComponent(problem.path)}`, words: words.join(', ') };
}

// problemText says in the person's language what is wrong; codes newer than this app come with the server's words.
export function problemText(problem: Problem): string {
  const language = /\.(vi|en)$/.exec(problem.path)?.[1];
  const key = pick(`problem.${problem.code}.${language}`, 'problem.' + problem.code);
  return key ? d(key) : problem.message;
}

// show brings the field of a path into view: the field itself, or the nearest thing around it.
export function show(path: string, root: ParentNode = document): void {
  for (let at = path; at; at = at.replace(/(\.\w+|\[\d+\])$|^\w+$/, '')) {
    const found = root.querySelector<HTMLElement>(`[data-path="${at}"]`);
    if (!found) continue;
    found.scrollIntoView({ block: 'center' });
    found.querySelector<HTMLElement>('input, textarea, select, button, summary')?.focus({ preventScroll: true });
    return;
  }
}
