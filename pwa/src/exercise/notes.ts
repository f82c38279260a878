import type { Inject, Turn } from '../api/exercise.ts';

// Note is what was written down about one inject, and whether the server has it.
export interface Note {
  decision: string;
  met: string[];
  seconds: number;
  decided: boolean;
  sent: boolean;
}

// Notes are those of a sitting that runs on this phone. They are kept here until the server has taken its end.
export interface Notes {
  device: string; // an id made here, which nobody else knows
  step: number; // 0: the situation; then the injects; one more: the end
  deciding: boolean; // of an inject: its decision is on the screen, not its text
  openedAt: number; // when the inject on the screen was read, in milliseconds
  absent: string[];
  turns: Note[];
  ended: boolean; // finishing was asked for
}

const longest = 4 * 60 * 60; // seconds, as the server takes them

// begin makes the notes of a sitting over some injects; what the server has already, from another phone, is in turns.
export function begin(device: string, injects: Inject[], turns: Turn[], absent: string[], now: number): Notes {
  return {
    device,
    step: turns.length && Math.min(turns.length + 1, injects.length + 1),
    deciding: false,
    openedAt: now,
    absent,
    turns: injects.map((_, i) => {
      const turn = turns[i];
      if (!turn) return { decision: '', met: [], seconds: 0, decided: false, sent: false };
      return { decision: turn.decision, met: turn.met ?? [], seconds: turn.seconds, decided: true, sent: true };
    }),
    ended: false,
  };
}

// join keeps what was written on this phone before and that no other phone has said.
export function join(fresh: Notes, before: Notes): Notes {
  return { ...fresh, turns: fresh.turns.map((note, i) => (note.decided ? note : { ...(before.turns[i] ?? note), sent: false })) };
}

// write changes the note of the inject on the screen: it has to be decided, and sent, again.
export function write(notes: Notes, change: Partial<Pick<Note, 'decision' | 'met'>>): Notes {
  const turns = notes.turns.map((note, i) => (i === notes.step - 1 ? { ...note, ...change, decided: false, sent: false } : note));
  return { ...notes, turns };
}

// oneLine is a decision as the server takes it.
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

// decide closes the inject on the screen and goes on. The time to the decision is that of the first one.
export function decide(notes: Notes, now: number): Notes {
  const turns = notes.turns.map((note, i) => {
    if (i !== notes.step - 1 || note.decided) return note;
    const seconds = note.seconds || Math.min(longest, Math.max(1, Math.round((now - notes.openedAt) / 1000)));
    return { ...note, decision: oneLine(note.decision), seconds, decided: true };
  });
  return go({ ...notes, turns }, notes.step + 1, now);
}

// go shows another step.
export function go(notes: Notes, step: number, now: number): Notes {
  return { ...notes, step: Math.max(0, Math.min(step, notes.turns.length + 1)), deciding: false, openedAt: now };
}

// unsent are the numbers, from 1, of the decided injects that the server does not have, in order.
export const unsent = (notes: Notes): number[] => notes.turns.flatMap((note, i) => (note.decided && !note.sent ? [i + 1] : []));

// sent notes that the server has what it was sent about an inject, unless that was changed meanwhile.
export function sent(notes: Notes, n: number, what: Note): Notes {
  const same = (note: Note) => note.decision === what.decision && note.seconds === what.seconds && note.met.join() === what.met.join();
  return { ...notes, turns: notes.turns.map((note, i) => (i === n - 1 && same(note) ? { ...note, sent: true } : note)) };
}

// complete tells whether every inject has its decision.
export const complete = (notes: Notes): boolean => notes.turns.every((note) => note.decided);

// clock writes seconds as 04:12.
export function clock(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return two(Math.floor(seconds / 60)) + ':' + two(Math.floor(seconds % 60));
}
