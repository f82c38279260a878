import { ApiError } from '../api/problem.ts';
import { d, pick } from './texts.ts';

const why = (code: string): string => d(pick(`bad.${code}`) ?? 'bad.other');

// problemOf says what is wrong with a field of a form, undefined if nothing is.
export function problemOf(error: unknown, field: string): string | undefined {
  const found = error instanceof ApiError ? error.errors?.find((one) => one.field === field) : undefined;
  return found && why(found.code);
}

// linesOf says what is wrong with the lines of a file; the server names them like 3.date.
export function linesOf(error: unknown): string[] {
  const all = error instanceof ApiError ? (error.errors ?? []) : [];
  return all
    .filter((one) => /^\d+\./.test(one.field))
    .map((one) => d('holiday.line', { n: Number.parseInt(one.field, 10), what: why(one.code) }));
}
