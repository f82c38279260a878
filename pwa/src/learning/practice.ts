import type { OptionView, Question, QuestionView, Text } from '../api/types.ts';

// Marked is what a learner sees after answering: how good it was, and a word for each option.
export interface Marked {
  score: number; // from 0 to 1
  feedback: Record<string, Text>; // by option
  right?: string[]; // the key, where it may be shown
  explanation?: Text;
}

// viewOf shows a practice question the way a graded one comes from the server: left sides as options, right sides as
// targets. pick gives a number from 0 up to n, as Math.random would.
export function viewOf(question: Question, pick: (n: number) => number = (n) => Math.floor(Math.random() * n)): QuestionView {
  const { id, kind, prompt } = question;
  if (kind === 'match') {
    const pairs = question.pairs ?? [];
    const targets = shuffled(
      pairs.map((pair): OptionView => ({ id: pair.id, text: pair.right })),
      pick,
    );
    return { id, kind, prompt, options: pairs.map((pair) => ({ id: pair.id, text: pair.left })), targets };
  }
  const options = (question.options ?? []).map(({ id, text }): OptionView => ({ id, text }));
  if (kind === 'true_false' || (question.fixed && kind !== 'order')) return { id, kind, prompt, options };
  let mixed = shuffled(options, pick);
  // steps that already stand in the right order would leave nothing to do
  if (kind === 'order' && mixed.every((option, i) => option.id === options[i]?.id)) mixed = [...options.slice(1), ...options.slice(0, 1)];
  return { id, kind, prompt, options: mixed };
}

function shuffled<T>(list: T[], pick: (n: number) => number): T[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = pick(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

// keyOf is the right answer, written as a learner's answer would be.
export function keyOf(question: Question): string[] {
  if (question.kind === 'match') return (question.pairs ?? []).map((pair) => `${pair.id}:${pair.id}`);
  const options = question.options ?? [];
  return options.filter((option) => question.kind === 'order' || option.right).map((option) => option.id);
}

// mark marks a practice question on the phone. It never counts: the server marks what counts.
export function mark(question: Question, chosen: string[]): Marked {
  const key = keyOf(question);
  const feedback: Record<string, Text> = {};
  for (const option of question.options ?? []) if (option.feedback?.vi || option.feedback?.en) feedback[option.id] = option.feedback;
  return { score: score(question, key, chosen), feedback, right: key, explanation: question.explanation };
}

function score(question: Question, key: string[], chosen: string[]): number {
  const rights = chosen.filter((id) => key.includes(id)).length;
  const exact = chosen.length === key.length && rights === key.length;
  switch (question.kind) {
    case 'order':
      return key.filter((id, i) => chosen[i] === id).length / key.length;
    case 'match':
      return rights / key.length;
    case 'multi':
      if (exact || !question.partial) return exact ? 1 : 0;
      return Math.max(0, rights - (chosen.length - rights)) / key.length;
    default:
      return exact ? 1 : 0;
  }
}

// complete says whether there is enough of an answer to check it.
export function complete(view: QuestionView, chosen: string[]): boolean {
  if (view.kind === 'order' || view.kind === 'match') return chosen.length === view.options.length;
  return chosen.length > 0;
}
