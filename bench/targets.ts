import type { BenchRegistry } from './registries.ts';
import type { TaskName } from './scenarios.ts';
import type { Summary } from './statistics.ts';

/** A result that a target may speak of. Ratios are Signet's time over the other's. */
export type Measured =
  | {
      readonly key: 'ratio';
      readonly registry: BenchRegistry['name'];
      readonly task: TaskName;
      readonly roundTripMs: number;
      readonly cosign: Summary;
      readonly notation: Summary;
    }
  | { readonly key: 'trips'; readonly registry: BenchRegistry['name']; readonly task: TaskName; readonly trips: number }
  | { readonly key: 'start'; readonly what: 'version' | 'verify'; readonly ratio: Summary };

/** What Signet wants to reach: at most `most`, at every registry that was measured. */
export type Target =
  | {
      readonly key: 'ratio';
      readonly task: TaskName;
      readonly roundTripMs: number;
      readonly against: 'cosign' | 'notation';
      readonly most: number;
    }
  | { readonly key: 'trips'; readonly task: TaskName; readonly most: number }
  | { readonly key: 'start'; readonly what: 'version' | 'verify'; readonly most: number };

/** The targets, written down before anything was measured. */
export const targets: readonly Target[] = [
  { key: 'trips', task: 'verify one by digest', most: 1 },
  { key: 'trips', task: 'verify one by tag', most: 2 },
  { key: 'ratio', task: 'verify one by digest', roundTripMs: 20, against: 'cosign', most: 0.75 },
  { key: 'ratio', task: 'verify one by digest', roundTripMs: 20, against: 'notation', most: 0.9 },
  { key: 'ratio', task: 'verify many by digest', roundTripMs: 0, against: 'notation', most: 0.5 },
  { key: 'ratio', task: 'verify many by digest', roundTripMs: 20, against: 'notation', most: 0.12 },
  { key: 'start', what: 'version', most: 2.5 },
  { key: 'start', what: 'verify', most: 3.5 },
];

/** A target beside a figure, as text. */
export interface Judged {
  readonly title: string;
  readonly wanted: string;
  readonly got: string;
  readonly met: boolean;
}

/** The target at every registry where it was measured; one that nothing was measured for is missed. */
export function judge(target: Target, measured: readonly Measured[]): readonly Judged[] {
  const found = measured.flatMap((each) => {
    const figure = figureFor(target, each);
    return figure === undefined ? [] : [{ figure, where: each.key === 'start' ? '' : ` @ ${each.registry}` }];
  });
  const wanted = `<= ${target.most}`;
  if (found.length === 0) return [{ title: titleOf(target), wanted, got: 'not measured', met: false }];
  return found.map(({ figure, where }) => ({
    title: `${titleOf(target)}${where}`,
    wanted,
    got: target.key === 'trips' ? `${figure}` : figure.toFixed(2),
    met: figure <= target.most,
  }));
}

function figureFor(target: Target, measured: Measured): number | undefined {
  if (target.key === 'trips')
    return measured.key === 'trips' && measured.task === target.task ? measured.trips : undefined;
  if (target.key === 'start')
    return measured.key === 'start' && measured.what === target.what ? measured.ratio.median : undefined;
  if (measured.key !== 'ratio' || measured.task !== target.task || measured.roundTripMs !== target.roundTripMs)
    return undefined;
  return measured[target.against].median;
}

function titleOf(target: Target): string {
  if (target.key === 'trips') return `round trips, ${target.task}`;
  if (target.key === 'start') return `signet ${target.what} / node -e 0`;
  return `${target.task}, +${target.roundTripMs} ms, / ${target.against}`;
}
