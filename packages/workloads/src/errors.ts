import type { Place } from './place.ts';

/** Why an input could not be read at all. docs/errors.md explains each; tests keep both equal. */
export type WorkloadErrorCode =
  | 'WORKLOAD_MALFORMED'
  | 'WORKLOAD_TOO_LARGE'
  | 'WORKLOAD_PATH_INVALID'
  | 'WORKLOAD_PIN_FAILED';

/** The one error class of this package: nothing of the input was used. `message` begins with the place where there is one. */
export class WorkloadError extends Error {
  override readonly name = 'WorkloadError';
  readonly code: WorkloadErrorCode;
  /** Where it was seen; absent where it is not about an input. */
  readonly place?: Place;

  constructor(code: WorkloadErrorCode, message: string, options?: { cause?: unknown; place?: Place }) {
    const { place } = options ?? {};
    super(
      place === undefined ? message : `${place.file}:${place.line}:${place.column}: ${message}`,
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    if (place !== undefined) this.place = place;
  }
}
