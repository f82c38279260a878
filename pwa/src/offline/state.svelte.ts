import type { Announcement, CourseSummary, DrillView, Enrolment, Me, MySurvey, PathView, Ticket } from '../api/types.ts';
import type { AttemptFact, DrillFact, LessonFact, Op, Outline, ParkedOp, RatingFact } from './db.ts';

// Store is what the screens show: the database of the person, read into memory. Screens never write to it.
class Store {
  ready = $state(false); // the database has been read, or nobody is signed in
  person = $state<string>();
  ended = $state(false); // the session is over: what is here can be read, sending waits for a sign-in
  online = $state(navigator.onLine);
  syncedAt = $state.raw<string>();
  syncFailed = $state(false);
  me = $state.raw<Me>();
  courses = $state.raw<CourseSummary[]>([]);
  paths = $state.raw<PathView[]>([]);
  enrolments = $state.raw<Enrolment[]>([]);
  tickets = $state.raw<Ticket[]>([]);
  drills = $state.raw<DrillView[]>([]);
  surveys = $state.raw<MySurvey[]>([]);
  announcements = $state.raw<Announcement[]>([]); // newest first; read also when only this phone knows it
  outlines = $state.raw<Map<string, Outline>>(new Map()); // of the course versions kept on this phone, by course@n
  templates = $state.raw<Set<string>>(new Set()); // drill@n kept on this phone
  lessons = $state.raw<Map<string, LessonFact>>(new Map());
  attempts = $state.raw<AttemptFact[]>([]);
  runs = $state.raw<Map<string, DrillFact>>(new Map());
  ratings = $state.raw<Map<string, RatingFact>>(new Map());
  waiting = $state.raw<Op[]>([]);
  parked = $state.raw<ParkedOp[]>([]);
}

export const store = new Store();

// clear forgets the person on the screen; the database is deleted elsewhere.
export function clear(): void {
  Object.assign(store, { person: undefined, me: undefined, ended: false, syncedAt: undefined, outlines: new Map(), templates: new Set() });
  Object.assign(store, {
    courses: [],
    paths: [],
    enrolments: [],
    tickets: [],
    drills: [],
    announcements: [],
    surveys: [],
    attempts: [],
    waiting: [],
    parked: [],
  });
  Object.assign(store, { lessons: new Map(), runs: new Map(), ratings: new Map() });
}
