import { PolicyError, type PolicyErrorCode } from '../../errors.ts';
import type { Place } from '../place.ts';
import { policyLimits } from './limits.ts';

/** One fault of a policy, or (`warning`) what is most likely not meant. */
export interface PolicyProblem {
  readonly severity: 'error' | 'warning';
  readonly code: PolicyErrorCode;
  /** Without the place. */
  readonly message: string;
  readonly place: Place;
  /** What to do, such as `did you mean "require"?`. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** What may be told beside message and place. */
export interface ProblemDetails {
  readonly code?: PolicyErrorCode;
  /** A function is asked only where the problem is kept: finding the nearest of many names takes time. */
  readonly hint?: string | undefined | (() => string | undefined);
  readonly cause?: unknown;
}

/** The faults found until now. Of a flood the first are kept, of errors and warnings alike: neither crowds the other out. */
export class Problems {
  /** Whether the policy cannot be used, whatever was kept of the reasons. */
  hasErrors = false;
  private readonly found: PolicyProblem[] = [];
  private readonly counts = { error: 0, warning: 0 };
  private readonly seen = new Set<string>();

  /** The policy cannot be used. */
  add(message: string, place: Place, details: ProblemDetails = {}): void {
    this.hasErrors = true;
    this.keep('error', { message, place, details });
  }

  /** The policy can be used. */
  warn(message: string, place: Place, details: ProblemDetails = {}): void {
    this.keep('warning', { message, place, details: { code: 'POLICY_DOUBTFUL', ...details } });
  }

  /** No more errors are kept. */
  get isFull(): boolean {
    return this.isFullOf('error');
  }

  /** Whether something is already told of this place: what follows from it need not be. */
  hasAt({ file, line, column }: Place): boolean {
    return this.found.some(({ place }) => place.file === file && place.line === line && place.column === column);
  }

  /** All, by file in the order of reading, then by line. */
  list(): readonly PolicyProblem[] {
    const files = [...new Set(this.found.map(({ place }) => place.file))];
    const rank = ({ place }: PolicyProblem): number => files.indexOf(place.file);
    return this.found.toSorted(
      (a, b) => rank(a) - rank(b) || a.place.line - b.place.line || a.place.column - b.place.column,
    );
  }

  private isFullOf(severity: PolicyProblem['severity']): boolean {
    return this.counts[severity] >= policyLimits.maxProblems;
  }

  private keep(
    severity: PolicyProblem['severity'],
    told: { readonly message: string; readonly place: Place; readonly details: ProblemDetails },
  ): void {
    if (this.isFullOf(severity)) return;
    const { message, place, details } = told;
    const { code = 'POLICY_INVALID', cause } = details;
    const id = JSON.stringify([place.file, place.line, place.column, message]);
    if (this.seen.has(id)) return;
    this.seen.add(id);
    this.counts[severity] += 1;
    const hint = typeof details.hint === 'function' ? details.hint() : details.hint;
    this.found.push({
      severity,
      code,
      message,
      place,
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** The first fault as an error that names how many more there are; they are its `cause`. Undefined where there is none. */
export function toPolicyError(problems: readonly PolicyProblem[]): PolicyError | undefined {
  const [first, ...others] = problems.filter(({ severity }) => severity === 'error');
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const cause = others.length === 0 ? first.cause : new AggregateError(others.map(errorOf), 'the other faults');
  return new PolicyError(first.code, `${first.message}${more}`, {
    place: first.place,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Text of the policy, short enough for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function errorOf({ code, message, place, hint, cause }: PolicyProblem): PolicyError {
  return new PolicyError(code, message, {
    place,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
