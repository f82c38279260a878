import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import type { LessonView, List, Question } from './types.ts';

// What a course is made of while it is written: Markdown and keys. The names are those of internal/course.
export interface Lesson {
  id: string;
  title: Text;
  minutes: number;
  body: Text;
  practice: Question[];
}
export interface Quiz {
  id: string;
  title: Text;
  draw: number;
  pass: number;
  attempts: number;
  questions: Question[];
}
export interface Content {
  title: Text;
  summary: Text;
  cover: string;
  licence: string;
  competences: string[];
  tier: string;
  lessons: Lesson[];
  quizzes: Quiz[];
}
export interface Course {
  id: string;
  draft: Content;
  published: number;
  source: 'folder' | 'app' | '';
  hash: string;
  changedAt: string;
  version: number;
}
export interface CourseLine {
  id: string;
  title: Text;
  cover: string;
  published: number;
  source: 'folder' | 'app' | '';
  dirty: boolean;
  changedAt: string;
  version: number;
}
export type ChangeClass = 'editorial' | 'minor' | 'material';
export interface Version {
  n: number;
  class: ChangeClass;
  hash: string;
  source: 'folder' | 'app';
  publishedAt: string;
  publishedBy?: string;
}
export interface Problem {
  path: string;
  code: string;
  message: string;
  line?: number;
  warning?: boolean;
}

const at = (id: string, rest: string) => '/authoring/courses/' + encodeURIComponent(id) + rest;

export const courses = () => call<List<CourseLine>>('GET', '/authoring/courses').then((list) => list.items ?? []);
export const newCourse = (id: string, title: Text) => call<Course>('POST', '/authoring/courses', { id, title });
export const draftOf = (id: string) => call<Course>('GET', at(id, '/draft'));
export const saveDraft = (id: string, version: number, draft: Content) => call<Course>('PUT', at(id, '/draft'), { version, draft });
export const validate = (id: string) =>
  call<{ problems: Problem[] | null }>('POST', at(id, '/validate')).then((answer) => answer.problems ?? []);
export const preview = (id: string, lesson: Lesson) => call<LessonView>('POST', at(id, '/preview'), { lesson });
export const publish = (id: string, version: number, change: ChangeClass) =>
  call<{ n: number }>('POST', at(id, '/publish'), { version, class: change });
export const versions = (id: string) => call<List<Version>>('GET', at(id, '/versions')).then((list) => list.items ?? []);
