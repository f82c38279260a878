import type { Survey, SurveyContent } from '../api/survey.ts';

export type Kind = SurveyContent['questions'][number]['kind'];
export const kinds: Kind[] = ['satisfaction', 'scale', 'choice', 'several', 'text'];

const day = (after: number): string => {
  const at = new Date();
  at.setDate(at.getDate() + after);
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
};

const empty = () => ({ vi: '', en: '' });

// chooses tells whether a question of a kind has options.
export const chooses = (kind: Kind): boolean => kind === 'choice' || kind === 'several';

export const question = (kind: Kind): SurveyContent['questions'][number] => ({
  kind,
  prompt: empty(),
  options: chooses(kind) ? [empty(), empty()] : [],
});

// fresh is where a new survey begins: with the question that measures satisfaction, open for two weeks.
export const fresh = (): SurveyContent => ({
  title: empty(),
  intro: {
    vi: 'Ý kiến của bạn giúp chúng tôi làm tốt hơn. Chỉ mất ít phút.',
    en: 'What you think helps us to do better. It takes a few minutes.',
  },
  questions: [
    {
      kind: 'satisfaction',
      prompt: { vi: 'Nhìn chung, bạn hài lòng ở mức nào?', en: 'All in all, how satisfied are you?' },
      options: [],
    },
  ],
  units: [],
  fromOn: day(0),
  untilOn: day(13),
});

export const contentOf = (survey: Survey): SurveyContent => ({
  title: { ...survey.title },
  intro: { ...survey.intro },
  questions: (survey.questions ?? []).map(({ kind, prompt, options }) => ({
    kind,
    prompt: { ...prompt },
    options: (options ?? []).map((o) => ({ ...o.text })),
  })),
  units: [...(survey.units ?? [])],
  fromOn: survey.fromOn,
  untilOn: survey.untilOn,
});
