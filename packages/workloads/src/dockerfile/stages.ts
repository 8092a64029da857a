/** The build stages so far. */
export interface Stages {
  readonly count: () => number;
  readonly add: (name: string | undefined) => void;
  /** Whether a name (in any case) is a stage's. */
  readonly has: (name: string) => boolean;
  /** The name of the last one, or its number. */
  readonly last: () => string;
}

/** Rule: Dockerfile reference "FROM": names are compared in lower case, and number from 0. */
export function createStages(): Stages {
  const names: (string | undefined)[] = [];
  const known = new Set<string>();
  return {
    count: () => names.length,
    add(name) {
      names.push(name);
      if (name !== undefined) known.add(name.toLowerCase());
    },
    has: (name) => known.has(name.toLowerCase()),
    last: () => names.at(-1) ?? String(names.length - 1),
  };
}
