// ApiError is what the server refused, as RFC 9457 tells it, or code "offline" with status 0 when no answer came.
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly requestId?: string;
  readonly errors: { field: string; code: string }[];
  readonly counts?: Record<string, number>; // of what stands in the way
  readonly retryAfter?: number; // seconds

  constructor(
    status: number,
    code: string,
    rest: {
      detail?: string;
      requestId?: string;
      errors?: { field: string; code: string }[];
      counts?: Record<string, number>;
      retryAfter?: number;
    } = {},
  ) {
    super(code);
    this.status = status;
    this.code = code;
    this.detail = rest.detail;
    this.requestId = rest.requestId;
    this.errors = rest.errors ?? [];
    this.counts = rest.counts;
    this.retryAfter = rest.retryAfter;
  }

  // of says what was wrong with one field: a code, or nothing.
  of(field: string): string | undefined {
    return this.errors.find((error) => error.field === field)?.code;
  }
}

export async function problemOf(response: Response): Promise<ApiError> {
  const body = await response.json().catch(() => ({}));
  const wait = response.headers.get('retry-after') ?? '';
  const seconds = /^\d+$/.test(wait) ? Number(wait) : wait ? Math.max(0, (Date.parse(wait) - Date.now()) / 1000) : undefined;
  return new ApiError(response.status, typeof body.code === 'string' ? body.code : 'http_' + response.status, {
    ...body,
    retryAfter: Number.isFinite(seconds) ? seconds : undefined,
  });
}

export const isOffline = (error: unknown): boolean => error instanceof ApiError && error.code === 'offline';
