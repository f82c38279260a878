import type { Question } from '../api/types.ts';
import type { Locale, Text } from '../i18n/locale.svelte.ts';

// PreviewStep is one screen of a lesson: a card, or a question after it.
export interface PreviewStep {
  card: number; // from 0; of a question: -1
  question?: Question;
}

// stepsOf puts every question behind its card; one that names no card comes at the end, as for a learner.
export function stepsOf(cards: number, practice: Question[]): PreviewStep[] {
  const placed = (question: Question) => !!question.after && question.after <= cards;
  const steps: PreviewStep[] = [];
  for (let card = 0; card < cards; card++) {
    steps.push({ card });
    for (const question of practice) if (question.after === card + 1) steps.push({ card: -1, question });
  }
  return [...steps, ...practice.filter((question) => !placed(question)).map((question) => ({ card: -1, question }))];
}

// only makes a text that is the same in whichever language the app is: the preview has a language of its own.
export const only = (text: Text, language: Locale): Text => ({ vi: text[language], en: text[language] });
