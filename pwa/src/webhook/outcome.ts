import { d } from './texts.ts';

const problems: Record<string, Parameters<typeof d>[0]> = {
  timeout: 'webhook.problem.timeout',
  refused: 'webhook.problem.refused',
  closed: 'webhook.problem.closed',
  tls: 'webhook.problem.tls',
  not_allowed: 'webhook.problem.not_allowed',
};

// outcome says in words how a request ended: the status of the answer, or why there was none.
export function outcome(status: number, problem?: string): string {
  if (!status) return problem ? d(problems[problem] ?? 'webhook.problem.refused') : '–';
  if (status >= 200 && status < 300) return d('webhook.answered', { status });
  return d(status >= 300 && status < 400 ? 'webhook.redirected' : 'webhook.refusedWith', { status });
}
