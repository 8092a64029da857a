import type { Budget } from './budget.ts';
import type { PolicyFile } from './policy-files.ts';
import type { Problems } from './problems.ts';
import type { Variables } from './variables.ts';

/** A file with what its texts may refer to. */
export interface LoadedFile extends PolicyFile {
  readonly variables: Variables;
  /** Whether it is the policy itself, not one that it extends. */
  readonly isFirst: boolean;
}

/** What every step of loading is handed. */
export interface Loading {
  readonly files: readonly LoadedFile[];
  readonly problems: Problems;
  readonly budget: Budget;
}
