import type { LessonView, Question } from '../api/types.ts';

// Step is one screen of a lesson: a card, or an interaction between cards.
export type Step = { kind: 'card'; index: number } | { kind: 'practice'; question: Question };

// stepsOf puts every interaction behind its card; one that names no card of the lesson comes at the end.
export function stepsOf(lesson: LessonView): Step[] {
  const steps: Step[] = [];
  lesson.cards.forEach((_, index) => {
    steps.push({ kind: 'card', index });
    for (const question of lesson.practice) if (question.after === index + 1) steps.push({ kind: 'practice', question });
  });
  const placed = (question: Question) => question.after !== undefined && question.after >= 1 && question.after <= lesson.cards.length;
  for (const question of lesson.practice) if (!placed(question)) steps.push({ kind: 'practice', question });
  return steps;
}

// cardAt is how many cards have been seen when one stands at a step.
export function cardAt(steps: Step[], at: number): number {
  return steps.slice(0, at + 1).filter((step) => step.kind === 'card').length;
}

// stepAfter is the step at which somebody goes on who has seen so many cards on another phone.
export function stepAfter(steps: Step[], card: number): number {
  const at = steps.findIndex((step) => step.kind === 'card' && step.index + 1 === card);
  return Math.max(0, at);
}
