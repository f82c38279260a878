import type { Text } from '../i18n/locale.svelte.ts';

export type { Text };

// The shapes of the JSON, as the structs in internal/ write it. Times are RFC 3339 in UTC.
export interface Me {
  id: string;
  name: string;
  email: string;
  unit: { id: string; name: Text };
  roles: Role[];
  headOf: string[];
  everywhere?: Role[]; // of the roles, those for the whole organisation
  settings: { locale: string; timeZone: string };
  noticeDue?: boolean; // the privacy notice, as it is now, was not read yet
  secondFactor: { needed: boolean; set: boolean };
  head?: { name: string; of: Text; unit: string }; // who answers for the unit: of GET /me alone
}
export type Role = 'learner' | 'trainer' | 'administrator' | 'security_officer' | 'auditor' | 'head';

export interface Session {
  accessToken: string;
  expiresAt: string;
  person: Me;
}

export interface SecondStep {
  token: string;
  methods: string[]; // totp, passkey, recovery
}

export type QuestionKind = 'choice' | 'multi' | 'true_false' | 'order' | 'match';
export interface OptionView {
  id: string;
  text: Text;
}
export interface Option extends OptionView {
  right?: boolean;
  feedback?: Text;
}
export interface Pair {
  id: string;
  left: Text;
  right: Text;
}
export interface Question {
  id: string;
  after?: number;
  kind: QuestionKind;
  prompt: Text;
  options?: Option[];
  pairs?: Pair[];
  explanation?: Text;
  partial?: boolean;
  fixed?: boolean;
}
export interface QuestionView {
  id: string;
  kind: QuestionKind;
  prompt: Text;
  options: OptionView[];
  targets?: OptionView[];
}
export interface Answer {
  question: string;
  chosen: string[];
}

export interface CardView {
  title: Text;
  html: Text;
}
export interface LessonView {
  id: string;
  title: Text;
  minutes: number;
  cards: CardView[];
  practice: Question[];
}
export interface QuizView {
  id: string;
  title: Text;
  draw: number;
  pass: number;
  attempts: number;
}
export interface VersionView {
  course: string;
  n: number;
  title: Text;
  summary: Text;
  cover: string;
  minutes: number;
  competences: string[];
  licence: string;
  lessons: LessonView[];
  quizzes: QuizView[];
}
export interface CourseSummary {
  id: string;
  n: number;
  title: Text;
  summary: Text;
  cover: string;
  minutes: number;
  lessons: { id: string; title: Text; minutes: number }[];
  quizzes: QuizView[];
}

export interface LessonProgress {
  card: number;
  seconds: number;
  doneAt?: string;
}
export interface Try {
  attempt: string;
  n: number;
  score: number;
  passed: boolean;
  flags?: string[];
  at: string;
}
export type EnrolmentState = 'assigned' | 'started' | 'completed' | 'closed';
export interface Enrolment {
  id: string;
  person: string;
  course: string;
  cycle: number;
  n: number;
  campaigns: string[] | null;
  reason: string;
  assignedAt: string;
  dueAt?: string;
  opens?: { at?: string; after?: string; of?: string[]; need?: number }; // later, once a course is completed, or need of some; absent: it is open
  state: EnrolmentState;
  startedAt?: string;
  completedAt?: string;
  lessons: Record<string, LessonProgress> | null;
  quizzes: Record<string, { tries: Try[] | null; best: number; passed: boolean }> | null;
  rating?: number;
  title: Text;
  cover: string;
  minutes: number;
  campaignName?: Text;
}
export interface Ticket {
  enrolment: string;
  quiz: string;
  n: number;
  ticket: string;
  issuedAt: string;
  expiresAt: string;
  questions: QuestionView[];
}
export interface AttemptResult {
  id: string;
  quiz: string;
  n: number;
  score: number;
  passed: boolean;
  counted: boolean;
  flags: string[] | null;
  questions: QuestionResult[];
  enrolmentState: EnrolmentState;
}
export interface QuestionResult {
  question: QuestionView;
  score: number;
  chosen: string[] | null;
  feedback?: { option: string; text: Text }[] | null;
  right?: string[];
  explanation?: Text;
}

export type DrillChoice = 'report' | 'keep';
export interface DrillScore {
  phish: number;
  legit: number;
  hits: number;
  falseAlarms: number;
  dPrime: number;
}
export interface DrillView {
  id: string;
  n: number;
  title: Text;
  summary: Text;
  minutes: number;
  rating: string;
  dueAt?: string;
  campaignName?: Text;
  completedAt?: string;
  answers?: Record<string, DrillChoice> | null;
  result?: DrillScore;
}
export interface DrillItem {
  id: string;
  truth: 'phish' | 'legit';
  rating?: string;
  from: { name: Text; address: string };
  time: string;
  subject: Text;
  body: Text;
  links: { text: Text; real: string }[] | null;
  cues: { where: 'from' | 'subject' | 'body' | 'link'; text: Text }[] | null;
  why: Text;
}
export interface DrillTemplate {
  id: string;
  n: number;
  title: Text;
  summary: Text;
  kind: string;
  minutes: number;
  rating: string;
  items: DrillItem[];
  debrief: { why: Text; do: Text; who: Text };
}

export interface SurveyQuestion {
  id: string;
  kind: 'satisfaction' | 'scale' | 'choice' | 'several' | 'text';
  prompt: Text;
  options: OptionView[] | null;
}
export interface MySurvey {
  id: string;
  title: Text;
  intro: Text;
  questions: SurveyQuestion[];
  untilOn: string;
  minutes: number;
  least: number; // answers from which on results are shown
}
export interface SurveyAnswer {
  question: string;
  rating?: number;
  chosen?: string[];
  text?: string;
}
export interface Announcement {
  id: string;
  title: Text;
  html: Text; // sanitised by the server
  important: boolean; // one is asked to say that one has read it
  from: string; // yyyy-mm-dd
  until: string;
  read: boolean;
}

export interface PathView {
  id: string;
  n: number;
  title: Text;
  summary: Text;
  minutes: number; // at most
  steps: { courses: string[]; need?: number }[]; // need of its courses; absent: all
  retired?: boolean;
}

export type Item = { key: string } & (
  | { kind: 'me'; me: Me }
  | { kind: 'course'; course: CourseSummary }
  | { kind: 'path'; path: PathView }
  | { kind: 'enrolment'; enrolment: Enrolment }
  | { kind: 'quiz'; quiz: Ticket }
  | { kind: 'drill'; drill: DrillView }
  | { kind: 'survey'; survey: MySurvey }
  | { kind: 'announcement'; announcement: Announcement }
);
export interface SyncAnswer {
  changed: Item[] | null;
  deleted: string[] | null;
  cursor: string;
  more: boolean;
  now: string;
}

export interface Verdict {
  id: string;
  status: 'applied' | 'duplicate' | 'rejected';
  code?: string;
  attempt?: AttemptResult;
}

export interface Device {
  id: string;
  device: string;
  createdAt: string;
  lastSeenAt?: string;
  current?: boolean;
}
export interface List<T> {
  items: T[] | null;
  next?: string;
}

// Methods are the ways to sign in.
export interface Methods {
  demo: boolean;
  passkey: boolean; // the address of the service allows passkeys
  reset: boolean; // a link to reset the password can be mailed
  oidc: { id: string; name: Text }[] | null; // providers to sign in with
}

// Link is a provider's identity of a person.
export interface Link {
  id: string;
  provider: Text;
  enabled: boolean;
  linkedAt: string;
}
