/**
 * How far a killed command had come. `before`: nothing was written. `between`: something was, and what it was to make is not there.
 * `stored`: it is there, unreported. `reported`: the command had said so and was killed before its end.
 */
export type Phase = 'before' | 'between' | 'stored' | 'reported';

export const phases: readonly Phase[] = ['before', 'between', 'stored', 'reported'];

/** The figures of a trial. No faults: it passed. */
export interface KillFigures {
  readonly seed: number;
  readonly faults: string[];
  /** By target. */
  readonly kills: Map<string, Record<Phase, number>>;
  /** Undisturbed runs by target: milliseconds in all, and to the first write. */
  readonly paces: Map<string, { readonly wholeMs: number; readonly firstWriteMs: number }>;
  /** Runs that had ended before they were to be killed. */
  ended: number;
  /** Signatures and copies that were reported as done. */
  acknowledged: number;
  /** Looks, after kills, at one of those. */
  verified: number;
  /** Looks at whole layouts. */
  layouts: number;
  /** Temporary files and locks in layouts: after kills, and after the next command. */
  leftAfterKills: number;
  leftAfterNext: number;
  /** Uploads that the embedded registry still waits for, and temporary files of the program elsewhere, at the end. */
  openUploads: number;
  temporary: number;
}

export function noFigures(seed: number): KillFigures {
  const counts = { ended: 0, acknowledged: 0, verified: 0, layouts: 0, leftAfterKills: 0, leftAfterNext: 0 };
  return { seed, faults: [], kills: new Map(), paces: new Map(), ...counts, openUploads: 0, temporary: 0 };
}

export function countKill(figures: KillFigures, target: string, phase: Phase): void {
  const counts = figures.kills.get(target) ?? { before: 0, between: 0, stored: 0, reported: 0 };
  counts[phase] += 1;
  figures.kills.set(target, counts);
}

/** Kills of one phase, or of all. */
export function killsIn(figures: KillFigures, phase?: Phase): number {
  const wanted = phase === undefined ? phases : [phase];
  return [...figures.kills.values()].reduce((sum, counts) => sum + wanted.reduce((n, each) => n + counts[each], 0), 0);
}
