import type { Text } from '../i18n/locale.svelte.ts';
import { call, download } from './client.ts';
import { search } from './people.ts';
import type { List, SurveyQuestion } from './types.ts';

export type SurveyState = 'draft' | 'published' | 'closed';
export interface Survey {
  id: string;
  title: Text;
  intro: Text;
  questions: SurveyQuestion[] | null;
  units: string[] | null;
  fromOn: string;
  untilOn: string;
  state: SurveyState;
  stateNow: SurveyState;
  size: number;
  minutes: number;
  version: number;
}
export interface SurveyContent {
  title: Text;
  intro: Text;
  questions: { kind: SurveyQuestion['kind']; prompt: Text; options: Text[] }[];
  units: string[];
  fromOn: string;
  untilOn: string;
}
export interface Interval {
  share: number;
  low: number;
  high: number;
}
export interface Tally {
  hidden: boolean;
  n: number;
  counts: number[] | null;
  share?: Interval;
}
export interface UnitTally extends Tally {
  unit: string;
  depth: number;
  direct: boolean;
}
export interface QuestionTally extends Tally {
  id: string;
  texts: string[] | null;
  units: UnitTally[] | null;
}
export interface SurveyResults {
  answers: number;
  answered: number;
  size: number;
  target: number;
  final: boolean;
  questions: QuestionTally[] | null;
  names: Record<string, Text> | null;
}

const at = (id: string, rest = '') => '/surveys/' + encodeURIComponent(id) + rest;

export const surveys = (cursor?: string) => call<List<Survey>>('GET', '/surveys' + search({ cursor }));
export const survey = (id: string) => call<Survey>('GET', at(id));
export const addSurvey = (content: SurveyContent) => call<Survey>('POST', '/surveys', content);
export const writeSurvey = (id: string, version: number, content: SurveyContent) => call<Survey>('PUT', at(id), { version, content });
export const removeSurvey = (id: string) => call<void>('DELETE', at(id));
export const publishSurvey = (id: string, version: number) => call<Survey>('POST', at(id, '/publish'), { version });
export const closeSurvey = (id: string) => call<Survey>('POST', at(id, '/close'));
export const copySurvey = (id: string) => call<Survey>('POST', at(id, '/copy'));
export const surveyResults = (id: string) => call<SurveyResults>('GET', at(id, '/results'));
export const exportSurvey = (id: string, lang: string) => download(at(id, '/results.csv') + search({ lang }));
