import { untrack } from 'svelte';
import { type Content, type Course, draftOf, type Problem, saveDraft, validate } from '../api/authoring.ts';
import { ApiError, isOffline } from '../api/problem.ts';
import { db, isOpen } from '../offline/db.ts';
import { merge } from './merge.ts';
import { problemText } from './places.ts';
import { complete } from './questions.ts';
import { visit } from './visit.ts';

export type SaveState = 'saved' | 'unsaved' | 'saving' | 'offline' | 'failed' | 'clash';

// Backup is what was written and not yet saved, with what it was made from.
interface Backup {
  version: number;
  base: Content;
  content: Content;
}

const quiet = 1500; // milliseconds without typing before the draft is sent

// Draft is the working copy of a course while it is written. It saves by itself; until the server has it, what was
// written is also in the person's database on this device, so that nothing is lost when the page or the network goes.
export class Draft {
  readonly id: string;
  content = $state<Content>(); // undefined: still loading
  course = $state.raw<Omit<Course, 'draft'>>();
  state = $state<SaveState>('saved');
  error = $state.raw<unknown>(); // why it could not be loaded or saved
  note = $state<'restored' | 'merged'>();
  clashes = $state.raw<string[]>([]);
  problems = $state.raw<Problem[]>(); // undefined: never checked
  #base = ''; // what the server has, as JSON
  #theirs: Course | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<boolean> | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get data(): Content | undefined {
    return this.content;
  }

  reload = async (): Promise<void> => {
    this.error = undefined;
    try {
      const course = await draftOf(this.id);
      const backup = await this.#backup();
      this.#take(course);
      this.content = normal(course.draft);
      this.#base = JSON.stringify(this.content);
      if (!backup || JSON.stringify(backup.content) === this.#base) return;
      this.note = 'restored';
      if (backup.version === course.version) this.content = backup.content;
      else this.#meet(course, backup.base, backup.content);
      this.touch();
    } catch (error) {
      this.error = error;
    }
  };

  #take(course: Course): void {
    const { draft: _, ...rest } = course;
    this.course = rest;
  }

  // touch looks whether something was written and, if so, keeps it here and saves it after a moment without typing.
  // Called from an effect it runs again with every change.
  touch = (): void => {
    if (!this.content) return;
    const json = JSON.stringify(this.content);
    untrack(() => this.#written(json));
  };

  #written(json: string): void {
    if (this.state === 'clash') return;
    clearTimeout(this.#timer);
    if (json === this.#base) {
      if (this.state === 'unsaved') this.state = 'saved';
      return;
    }
    if (this.state !== 'saving') this.state = 'unsaved';
    this.#timer = setTimeout(() => {
      this.#keep(json);
      this.save();
    }, quiet);
  }

  // flush saves at once what is unsaved: the page is being left.
  flush = (): void => {
    if (!this.content || this.state === 'saved' || this.state === 'clash') return;
    clearTimeout(this.#timer);
    this.#keep(JSON.stringify(this.content));
    this.save();
  };

  // save sends the draft; it tells whether the server now has what is on the screen.
  save = async (): Promise<boolean> => {
    clearTimeout(this.#timer);
    await this.#saving;
    const json = JSON.stringify(this.content);
    if (json === this.#base) return true;
    if (this.state === 'clash') return false;
    this.#saving = this.#send(json);
    const saved = await this.#saving;
    this.#saving = undefined;
    if (saved && JSON.stringify(this.content) !== this.#base) this.touch(); // typed on while it was sent
    return saved;
  };

  async #send(json: string): Promise<boolean> {
    this.state = 'saving';
    this.error = undefined;
    try {
      this.#take(await saveDraft(this.id, this.course!.version, JSON.parse(json)));
      this.#base = json;
      this.state = JSON.stringify(this.content) === json ? 'saved' : 'unsaved';
      if (this.state === 'saved') await this.#keep();
      if (this.problems) this.#checkAgain();
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'draft_changed') return this.#changedElsewhere();
      this.state = isOffline(error) ? 'offline' : 'failed';
      this.error = error;
      await this.#keep(json);
      return false;
    }
  }

  // Somebody else saved first: join both, and ask only where both changed the same place.
  async #changedElsewhere(): Promise<boolean> {
    try {
      const course = await draftOf(this.id);
      this.#meet(course, JSON.parse(this.#base), JSON.parse(JSON.stringify(this.content)));
    } catch (error) {
      this.state = isOffline(error) ? 'offline' : 'failed';
      this.error = error;
      return false;
    }
    if (this.clashes.length) return false;
    this.note = 'merged';
    return this.#send(JSON.stringify(this.content));
  }

  #meet(course: Course, base: Content, mine: Content): void {
    const theirs = normal(course.draft);
    const { content, clashes } = merge(base, mine, theirs, 'mine');
    this.clashes = clashes;
    if (clashes.length) {
      this.#theirs = course;
      this.#base = JSON.stringify(base);
      this.content = mine;
      this.state = 'clash';
      return;
    }
    this.#take(course);
    this.#base = JSON.stringify(theirs);
    this.content = content;
  }

  // settle ends a clash as the person decided and saves.
  settle = async (prefer: 'mine' | 'theirs'): Promise<void> => {
    if (!this.#theirs || !this.content) return;
    const theirs = normal(this.#theirs.draft);
    const { content } = merge(JSON.parse(this.#base), JSON.parse(JSON.stringify(this.content)), theirs, prefer);
    this.#take(this.#theirs);
    this.#base = JSON.stringify(theirs);
    this.content = content;
    this.#theirs = undefined;
    this.clashes = [];
    this.state = 'unsaved';
    if (!(await this.save()) || JSON.stringify(this.content) !== this.#base) return;
    this.state = 'saved';
    await this.#keep();
  };

  // check asks what is wrong with the draft; it is saved first, because the server checks what it has.
  check = async (): Promise<Problem[] | undefined> => {
    if (!(await this.save())) return;
    this.problems = await validate(this.id);
    return this.problems;
  };

  // Once checked, the list of problems follows what is written.
  #checkAgain(): void {
    validate(this.id).then(
      (problems) => {
        this.problems = problems;
      },
      () => undefined,
    );
  }

  // at says what is wrong at a path, for the field there.
  at = (path: string): Problem | undefined => this.problems?.find((problem) => problem.path === path);

  // mistake is the same in words.
  mistake = (path: string): string | undefined => {
    const problem = this.at(path);
    return problem && problemText(problem);
  };

  async #backup(): Promise<Backup | undefined> {
    return isOpen() ? ((await db().get('meta', 'draft:' + this.id)) as Backup | undefined) : undefined;
  }

  async #keep(json?: string): Promise<void> {
    if (!isOpen() || !this.course) return;
    if (!json) return db().delete('meta', 'draft:' + this.id);
    const backup: Backup = { version: this.course.version, base: JSON.parse(this.#base), content: JSON.parse(json) };
    await db().put('meta', backup, 'draft:' + this.id);
  }
}

// normal makes lists of what the server writes as null when it is empty, and texts of what it leaves out, so that fields
// can be filled in.
function normal(content: Content): Content {
  return {
    ...content,
    competences: content.competences ?? [],
    lessons: (content.lessons ?? []).map((lesson) => ({ ...lesson, practice: (lesson.practice ?? []).map(complete) })),
    quizzes: (content.quizzes ?? []).map((quiz) => ({ ...quiz, questions: (quiz.questions ?? []).map(complete) })),
  };
}

let current: Draft | undefined;
let seen = 0;

// draft gives the one draft that is open, so that the pages of a course share it. It is read anew for another course, and
// for somebody who comes from the list, unless there is something unsaved in it.
export function draft(id: string): Draft {
  const again = seen !== visit.n && current?.state === 'saved';
  seen = visit.n;
  if (current?.id !== id || again) {
    current?.flush();
    current = new Draft(id);
    current.reload();
  }
  return current;
}
