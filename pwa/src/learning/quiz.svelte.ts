import { call } from '../api/client.ts';
import { ApiError } from '../api/problem.ts';
import type { Ticket } from '../api/types.ts';
import type { AttemptFact } from '../offline/db.ts';
import { newId } from '../offline/id.ts';
import { record, remember } from '../offline/outbox.ts';

// Taking is one try at a graded quiz on this phone: every answer is on the disk before the next question is shown.
export class Taking {
  fact = $state.raw() as AttemptFact;

  constructor(fact: AttemptFact) {
    this.fact = fact;
  }

  get questions() {
    return this.fact.questions;
  }

  chosen(question: string): string[] {
    return this.fact.answers.find((answer) => answer.question === question)?.chosen ?? [];
  }

  get missing(): number {
    return this.questions.filter((question) => !this.chosen(question.id).length).length;
  }

  async answer(question: string, chosen: string[]): Promise<void> {
    const answers = this.fact.answers.filter((answer) => answer.question !== question);
    if (chosen.length) answers.push({ question, chosen });
    await this.#keep({ answers });
  }

  async goTo(at: number): Promise<void> {
    await this.#keep({ at });
  }

  // submit puts the try into the outbox; it is marked when the server has it.
  async submit(): Promise<void> {
    const { attempt, enrolment, quiz, ticket, startedAt, answers } = this.fact;
    const finishedAt = new Date().toISOString();
    this.fact = { ...this.fact, finishedAt, state: 'waiting' };
    await record('attempt.submit', { attempt, enrolment, quiz, ticket, startedAt, finishedAt, answers }, { attempt: this.fact });
  }

  async #keep(change: Partial<AttemptFact>): Promise<void> {
    this.fact = { ...this.fact, ...change };
    await remember({ attempt: this.fact });
  }
}

// begin makes a try out of a ticket.
export async function begin(ticket: Ticket): Promise<Taking> {
  const { enrolment, quiz, n, questions } = ticket;
  const fact: AttemptFact = {
    attempt: newId(),
    enrolment,
    quiz,
    n,
    ticket: ticket.ticket,
    questions,
    answers: [],
    at: 0,
    startedAt: new Date().toISOString(),
    state: 'open',
  };
  await remember({ attempt: fact });
  return new Taking(fact);
}

// ticketFor is the ticket on the phone, or a fresh one where that has run out or is not there. Without a network an
// old one still serves: the try is marked and noted as late.
export async function ticketFor(enrolment: string, quiz: string, known: Ticket | undefined): Promise<Ticket> {
  if (known && Date.parse(known.expiresAt) > Date.now()) return known;
  try {
    return await call<Ticket>('POST', `/enrolments/${encodeURIComponent(enrolment)}/attempts`, { quizId: quiz });
  } catch (error) {
    if (known && !(error instanceof ApiError && error.status === 409)) return known;
    throw error;
  }
}
