import { conditionLimits } from './limits.ts';

/** A bound was reached while evaluating. Internal: it never leaves this folder. */
export class BoundReached extends Error {
  override readonly name = 'BoundReached';
}

/**
 * Counts the steps of one evaluation. CEL's `||` and `&&` swallow the errors of one side; the meter does not forget:
 * once a bound was reached, everything that is charged fails, and `reached` tells so at the end.
 */
export class Meter {
  #left = 0;
  #reached: string | undefined;

  /** Begins a new evaluation. */
  start(): void {
    this.#left = conditionLimits.maxSteps;
    this.#reached = undefined;
  }

  /** Which bound was reached, if any. */
  get reached(): string | undefined {
    return this.#reached;
  }

  /** Steps taken so far. */
  get used(): number {
    return conditionLimits.maxSteps - this.#left;
  }

  /** @throws {BoundReached} when there are not that many steps left, or a bound was reached before */
  charge(steps: number): void {
    if (this.#reached !== undefined) throw new BoundReached(this.#reached);
    if (steps > this.#left) this.fail(`it takes more than ${conditionLimits.maxSteps} steps`);
    this.#left -= steps;
  }

  /** Pays for looking at so many characters, bytes or elements. @throws {BoundReached} */
  chargeFor(units: number, unitsPerStep: number = conditionLimits.unitsPerStep): void {
    this.charge(Math.ceil(units / unitsPerStep));
  }

  /** @throws {BoundReached} always */
  fail(reason: string): never {
    this.#left = 0;
    this.#reached ??= reason;
    throw new BoundReached(this.#reached);
  }
}
