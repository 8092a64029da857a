/** Mutants that behave as the original does, by the name that the trial prints, each with the reason. */
export const equivalentMutants: ReadonlyMap<string, string> = new Map([]);
