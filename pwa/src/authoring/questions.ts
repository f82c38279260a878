import type { Option, Pair, Question, QuestionKind, Text } from '../api/types.ts';

export const kinds: QuestionKind[] = ['choice', 'multi', 'true_false', 'order', 'match'];
export const blank = (): Text => ({ vi: '', en: '' });
const trueFalse: Record<'true' | 'false', Text> = { true: { vi: 'Đúng', en: 'True' }, false: { vi: 'Sai', en: 'False' } };

// freeId is the first of base-1, base-2 … that is not taken: ids never change once a version was published.
export function freeId(base: string, taken: Iterable<string>): string {
  const known = new Set(taken);
  for (let n = 1; ; n++) if (!known.has(`${base}-${n}`)) return `${base}-${n}`;
}

export const newOption = (taken: { id: string }[]): Option => ({ id: letter(taken), text: blank(), feedback: blank() });
export const newPair = (taken: { id: string }[]): Pair => ({ id: letter(taken), left: blank(), right: blank() });

function letter(taken: { id: string }[]): string {
  for (const id of 'abcdefghijklmnop') if (!taken.some((one) => one.id === id)) return id;
  return freeId(
    'o',
    taken.map((one) => one.id),
  );
}

export function newQuestion(id: string, after?: number): Question {
  const options = [newOption([])];
  options.push(newOption(options));
  options[0]!.right = true;
  return { id, ...(after && { after }), kind: 'choice', prompt: blank(), options, explanation: blank() };
}

// complete adds the texts that the server leaves out while they are empty.
export const complete = (question: Question): Question => ({
  ...question,
  explanation: question.explanation ?? blank(),
  ...(question.options && { options: question.options.map((option) => ({ ...option, feedback: option.feedback ?? blank() })) }),
});

// convert makes a question of another kind out of what is there already; texts are kept wherever they fit.
export function convert(question: Question, kind: QuestionKind): void {
  const options = question.options ?? [];
  const texts =
    question.kind === 'match'
      ? (question.pairs ?? []).map((pair): Option => ({ id: pair.id, text: pair.left, feedback: blank() }))
      : options;
  question.kind = kind;
  if (kind === 'match') {
    question.pairs = filled(
      texts.slice(0, 5).map((option): Pair => ({ id: option.id, left: option.text, right: blank() })),
      3,
      newPair,
    );
    delete question.options;
  } else {
    delete question.pairs;
    question.options =
      kind === 'true_false'
        ? trueOrFalse(texts)
        : filled(kind === 'order' ? texts.map(({ right: _, ...rest }) => rest) : texts, kind === 'order' ? 3 : 2, newOption);
    if (kind === 'choice')
      onlyRight(
        question,
        question.options.findIndex((option) => option.right),
      );
  }
  if (!['multi', 'order', 'match'].includes(kind)) delete question.partial;
  if (kind === 'order' || kind === 'match') delete question.fixed;
}

function trueOrFalse(texts: Option[]): Option[] {
  const right = texts.find((option) => option.id === 'false')?.right ? 'false' : 'true';
  return (['true', 'false'] as const).map((id) => ({
    id,
    text: trueFalse[id],
    ...(id === right && { right: true }),
    feedback: texts.find((option) => option.id === id)?.feedback ?? blank(),
  }));
}

function filled<T>(list: T[], least: number, make: (taken: (T & { id: string })[]) => T): T[] {
  const out = [...list];
  while (out.length < least) out.push(make(out as (T & { id: string })[]));
  return out;
}

// onlyRight marks one option as right and no other; without one the first is.
export function onlyRight(question: Question, index: number): void {
  question.options?.forEach((option, i) => {
    if (i === Math.max(0, index)) option.right = true;
    else delete option.right;
  });
}

// move puts the item at from to the place to, when there is one.
export function move<T>(list: T[], from: number, to: number): void {
  if (to < 0 || to >= list.length) return;
  const [item] = list.splice(from, 1);
  list.splice(to, 0, item!);
}

// ids lists every question id of a course: they are unique in all of it.
export function ids(content: { lessons: { practice: Question[] }[]; quizzes: { questions: Question[] }[] }): string[] {
  return [...content.lessons.flatMap((lesson) => lesson.practice), ...content.quizzes.flatMap((quiz) => quiz.questions)].map(
    (question) => question.id,
  );
}
