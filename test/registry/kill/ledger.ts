/** What a path of the registry holds: the digest of its content, or nothing. A referrers entry is `<path>#<digest>`. */
export type Value = string | null;

/** A request under way and what it changes. `isAtomic`: all of it is seen or none, also after a crash. */
export interface Step {
  readonly changes: ReadonlyMap<string, Value>;
  readonly isAtomic: boolean;
}

/** An upload whose location was told to the client. */
export interface OpenUpload {
  readonly location: string;
  readonly repository: string;
  readonly bytes: Buffer;
  readonly digest: string;
  /** Bytes that the server acknowledged. */
  acked: number;
  /** Bytes that were sent. */
  sent: number;
  /** The closing PUT was sent. */
  isFinishing: boolean;
}

/** What the server has acknowledged, and what it was asked and did not answer. Each path has one writer. */
export class Ledger {
  readonly acked: Map<string, Value> = new Map();
  readonly pending: Set<Step> = new Set();
  readonly uploads: Map<string, OpenUpload> = new Map();
  /** Paths that changed since the last check. */
  readonly touched: Set<string> = new Set();
  acknowledged = 0;

  begin(changes: readonly (readonly [string, Value])[], isAtomic = true): Step {
    const step = { changes: new Map(changes), isAtomic };
    this.pending.add(step);
    return step;
  }

  acknowledge(step: Step): void {
    this.pending.delete(step);
    this.acknowledged += 1;
    for (const [path, value] of step.changes) this.settle(path, value);
  }

  /** What was found after a crash is what counts from then on. */
  settle(path: string, value: Value): void {
    this.acked.set(path, value);
    this.touched.add(path);
  }

  now(path: string): Value {
    return this.acked.get(path) ?? null;
  }
}
