import { finishSitting, putTurn, type Sitting, sitting, startSitting } from '../api/exercise.ts';
import { ApiError, isOffline } from '../api/problem.ts';
import { db } from '../offline/db.ts';
import { newId } from '../offline/id.ts';
import { begin, join, type Note, type Notes, sent, unsent } from './notes.ts';

export type Trouble = 'offline' | 'elsewhere' | 'state' | 'refused' | 'failed';

// Run is a sitting on the phone of its facilitator. What is written is on the disk before it is sent; turns are sent in
// order, and the end after all of them. Without a network the team goes on.
export class Run {
  view = $state.raw<Sitting>();
  notes = $state.raw<Notes>(); // undefined: it does not run on this phone
  absent = $state<string[]>([]);
  error = $state.raw<unknown>(); // why there is nothing to show
  trouble = $state<Trouble>();
  busy = $state(false);
  finished = $state(false); // the server has the end
  #id: () => string;
  #sending = false;
  #again = false;

  constructor(id: () => string) {
    this.#id = id;
    this.reload();
  }

  get id(): string {
    return this.#id();
  }

  get data(): Sitting | undefined {
    return this.view;
  }

  // reload shows what this phone has, at once, then what the server says.
  reload = async (): Promise<void> => {
    this.error = undefined;
    const kept = (await db().get('meta', this.#key('view'))) as Sitting | undefined;
    const notes = (await db().get('meta', this.#key('notes'))) as Notes | undefined;
    if (kept && notes) {
      this.view = kept;
      this.notes = notes;
      this.absent = notes.absent;
      await this.send();
      return;
    }
    try {
      this.#take(await sitting(this.id));
      if (this.view?.state === 'running') this.trouble = 'elsewhere';
    } catch (error) {
      this.error = error;
    }
  };

  #take(view: Sitting): void {
    this.view = view;
    this.absent = (view.participants ?? []).filter((p) => p.absent).map((p) => p.person);
  }

  // start begins the sitting here, or moves it here from another phone. The id of this phone is on the disk first, so that
  // an answer that is lost does not lock it out.
  start = async (takeOver = false): Promise<void> => {
    if (this.busy || !this.view) return;
    this.busy = true;
    this.trouble = undefined;
    try {
      const device = ((await db().get('meta', this.#key('device'))) as string | undefined) ?? newId();
      await db().put('meta', device, this.#key('device'));
      this.#take(await startSitting(this.id, device, [...this.absent], takeOver));
      await db().put('meta', $state.snapshot(this.view), this.#key('view'));
      await this.keep(begin(device, this.view.content.injects ?? [], this.view.turns ?? [], [...this.absent], Date.now()));
    } catch (error) {
      this.trouble = troubleOf(error);
    } finally {
      this.busy = false;
    }
  };

  // keep puts the notes on the disk, and on the screen.
  keep = async (notes: Notes): Promise<void> => {
    this.notes = notes;
    await db().put('meta', $state.snapshot(notes) as Notes, this.#key('notes'));
  };

  // mark notes whether somebody is here.
  mark = (person: string, here: boolean): void => {
    this.absent = here ? this.absent.filter((one) => one !== person) : [...this.absent, person];
  };

  // end asks for the end; it is sent after all that is still waiting.
  end = async (): Promise<void> => {
    if (!this.notes) return;
    await this.keep({ ...this.notes, absent: [...this.absent], ended: true });
    await this.send();
  };

  // send sends what waits. It can be called at any time: one sending goes on at once, and again for what came meanwhile.
  send = async (): Promise<void> => {
    if (!this.notes) return;
    if (this.#sending) {
      this.#again = true;
      return;
    }
    this.#sending = true;
    try {
      do {
        this.#again = false;
        await this.#sendAll();
      } while (this.#again);
      this.trouble = undefined;
    } catch (error) {
      this.trouble = troubleOf(error);
    } finally {
      this.#sending = false;
    }
  };

  async #sendAll(): Promise<void> {
    for (let n = this.#next(); n && this.notes; n = this.#next()) {
      const { decision, met, seconds } = this.notes.turns[n - 1] as Note;
      await putTurn(this.id, n, { device: this.notes.device, decision, met, seconds });
      await this.keep(sent(this.notes, n, { decision, met, seconds, decided: true, sent: false }));
    }
    if (!this.notes?.ended) return;
    await finishSitting(this.id, this.notes.device, this.notes.absent);
    this.finished = true;
    await this.forget();
  }

  #next = (): number | undefined => this.notes && unsent(this.notes)[0];

  // forget takes the sitting off this phone.
  forget = async (): Promise<void> => {
    for (const what of ['view', 'notes', 'device'] as const) await db().delete('meta', this.#key(what));
  };

  // move takes the sitting from the phone that has it by now, with what that one has sent; what this one had not sent stays.
  move = async (): Promise<void> => {
    const before = this.notes;
    await this.start(true);
    if (!before || !this.notes || this.notes === before) return;
    await this.keep(join(this.notes, before));
    await this.send();
  };

  #key = (what: 'view' | 'notes' | 'device'): string => `sitting:${this.id}:${what}`;
}

function troubleOf(error: unknown): Trouble {
  if (isOffline(error)) return 'offline';
  if (!(error instanceof ApiError)) return 'failed';
  if (error.code === 'running_elsewhere') return 'elsewhere';
  if (error.code === 'wrong_state') return 'state';
  return error.status === 422 ? 'refused' : 'failed';
}
