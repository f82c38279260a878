import type { components } from './schema.d.ts';
import type {
  Announcement,
  AttemptResult,
  DrillTemplate,
  DrillView,
  Enrolment,
  Me,
  PathView,
  Session,
  SyncAnswer,
  Ticket,
  Verdict,
  VersionView,
} from './types.ts';

type Sent = components['schemas'];
// The document writes most fixed vocabularies as plain strings.
type Loose<T> = T extends string ? string : T extends (infer U)[] ? Loose<U>[] : T extends object ? { [K in keyof T]: Loose<T[K]> } : T;
type Fits<Given extends Loose<Read>, Read> = [Given, Read];

// Agreed does not compile when the server's document (npm run schema) no longer fits what the app reads.
export type Agreed = [
  Fits<Sent['Me'], Me>,
  Fits<Sent['SessionAnswer'], Session>,
  Fits<Sent['SyncAnswer'], Omit<SyncAnswer, 'changed'>>,
  Fits<Sent['EnrolmentView'], Enrolment>,
  Fits<Sent['Paper'], Ticket>,
  Fits<Sent['DrillView'], DrillView>,
  Fits<Sent['Template'], DrillTemplate>,
  Fits<Sent['CourseVersionView'], VersionView>,
  Fits<Sent['Outline'], PathView>,
  Fits<Sent['View'], Announcement>,
  Fits<Sent['Verdict'], Verdict>,
  Fits<Sent['AttemptResult'], AttemptResult>,
];
