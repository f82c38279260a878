import type { MySurvey, SurveyAnswer, SurveyQuestion } from '../api/types.ts';

// secret makes 64 hexadecimal digits at random, for one answer. It tells the server that an answer which comes again is
// the same one, and is kept nowhere once the answer has arrived: nothing leads from the person to the answer.
export const secret = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('');

// missing lists the questions that must be answered and are not.
export const missing = (survey: MySurvey, chosen: Record<string, string[]>): string[] =>
  survey.questions.filter((q) => q.kind !== 'text' && q.kind !== 'several' && !chosen[q.id]?.length).map((q) => q.id);

// answerOf is what is sent for one question; nothing for one that was left out.
export function answerOf({ id: question, kind }: SurveyQuestion, chosen: string[], words: string): SurveyAnswer | undefined {
  if (kind === 'text') return words.trim() ? { question, text: words.trim() } : undefined;
  if (kind === 'satisfaction' || kind === 'scale') return { question, rating: Number(chosen[0]) };
  return { question, chosen };
}
