import type { CourseSummary, Enrolment, QuizView, Ticket } from '../api/types.ts';
import type { AttemptFact, LessonFact } from './db.ts';

// How far a learner is: what the server knows joined with what this phone knows and may not have sent. Nothing ever goes
// back: a lesson is done when either says so.
export interface Way {
  enrolment: Enrolment;
  course?: CourseSummary; // missing until the course has been downloaded
  lessons: LessonWay[];
  quizzes: QuizWay[];
  share: number; // required items done, from 0 to 1
  state: 'new' | 'started' | 'waiting' | 'completed' | 'closed';
  next?: { kind: 'lesson'; lesson: LessonWay; number: number } | { kind: 'quiz'; quiz: QuizWay };
  minutesLeft: number;
}
export interface LessonWay {
  id: string;
  title: CourseSummary['title'];
  minutes: number;
  done: boolean;
  begun: boolean;
}
export interface QuizWay {
  view: QuizView;
  passed: boolean;
  best?: number;
  tries: number;
  left?: number; // tries left; undefined: no limit
  waiting?: AttemptFact; // handed in here, not yet marked
  begun?: AttemptFact; // begun here, not yet handed in
  ticket?: Ticket; // what makes the next try possible without a network
}

export interface Known {
  courses: CourseSummary[];
  outlines: Map<string, CourseSummary>;
  lessons: Map<string, LessonFact>;
  attempts: AttemptFact[];
  tickets: Ticket[];
}

export function wayOf(enrolment: Enrolment, known: Known): Way {
  const course =
    known.outlines.get(`${enrolment.course}@${enrolment.n}`) ?? known.courses.find((c) => c.id === enrolment.course && c.n === enrolment.n);
  const lessons = (course?.lessons ?? []).map((lesson) => {
    const fact = known.lessons.get(`${enrolment.id}/${lesson.id}`);
    const told = enrolment.lessons?.[lesson.id];
    const done = Boolean(fact?.doneAt || told?.doneAt);
    return { ...lesson, done, begun: done || Boolean(fact?.step || told?.card) };
  });
  const quizzes = (course?.quizzes ?? []).map((view) => quizWay(enrolment, view, known));
  const items = lessons.length + quizzes.length;
  const done = lessons.filter((lesson) => lesson.done).length + quizzes.filter((quiz) => quiz.passed).length;
  const completed = enrolment.state === 'completed' || (items > 0 && done === items);
  const lesson = lessons.findIndex((l) => !l.done);
  const quiz = quizzes.find((q) => !q.passed && !q.waiting);
  const way: Way = { enrolment, course, lessons, quizzes, share: completed ? 1 : items ? done / items : 0, state: 'new', minutesLeft: 0 };
  way.minutesLeft = lessons.reduce((sum, l) => sum + (l.done ? 0 : l.minutes), 0) || (quiz ? Math.ceil(quiz.view.draw / 2) : 0);
  if (!course) way.minutesLeft = enrolment.minutes;
  if (enrolment.state === 'closed') way.state = 'closed';
  else if (completed) way.state = 'completed';
  else if (lesson < 0 && !quiz && quizzes.some((q) => q.waiting)) way.state = 'waiting';
  else if (enrolment.state === 'started' || lessons.some((l) => l.begun) || quizzes.some((q) => q.tries)) way.state = 'started';
  if (way.state === 'new' || way.state === 'started') {
    if (lesson >= 0) way.next = { kind: 'lesson', lesson: lessons[lesson]!, number: lesson + 1 };
    else if (quiz) way.next = { kind: 'quiz', quiz };
  }
  return way;
}

function quizWay(enrolment: Enrolment, view: QuizView, known: Known): QuizWay {
  const told = enrolment.quizzes?.[view.id];
  const facts = known.attempts.filter((fact) => fact.enrolment === enrolment.id && fact.quiz === view.id);
  const unheard = facts.filter((fact) => fact.result?.counted && !told?.tries?.some((tried) => tried.attempt === fact.attempt));
  const waiting = facts.find((fact) => fact.state === 'waiting');
  const tries = (told?.tries?.filter((tried) => !tried.flags?.includes('extra')).length ?? 0) + unheard.length;
  const scores = [...(told?.tries?.length ? [told.best] : []), ...unheard.map((fact) => fact.result!.score)];
  const ticket = known.tickets.find(
    (t) => t.enrolment === enrolment.id && t.quiz === view.id && !facts.some((fact) => fact.n === t.n && fact.state !== 'open'),
  );
  return {
    view,
    passed: Boolean(told?.passed) || facts.some((fact) => fact.result?.passed && fact.result.counted),
    best: scores.length ? Math.max(...scores) : undefined,
    tries,
    left: view.attempts ? Math.max(0, view.attempts - tries - (waiting ? 1 : 0)) : undefined,
    waiting,
    begun: facts.find((fact) => fact.state === 'open' && fact.n === ticket?.n),
    ticket,
  };
}

// byDue puts what is due first on top; what has no date comes last.
export function byDue(a: { dueAt?: string }, b: { dueAt?: string }): number {
  return (a.dueAt ?? '9').localeCompare(b.dueAt ?? '9');
}
