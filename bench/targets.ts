import type { ContestantName } from './contestants.ts';
import type { BenchRegistry } from './registries.ts';
import type { TaskName } from './scenarios.ts';
import type { Summary } from './statistics.ts';

/** Those that targets are for. */
export type OurName = Exclude<ContestantName, 'cosign' | 'notation'>;

/** A result that a target may speak of. Ratios are the time of `by` over the other's. */
export type Measured =
  | {
      readonly key: 'ratio';
      readonly registry: BenchRegistry['name'];
      readonly task: TaskName;
      readonly roundTripMs: number;
      readonly by: OurName;
      readonly against: 'cosign' | 'notation';
      readonly ratio: Summary;
    }
  | {
      readonly key: 'trips';
      readonly registry: BenchRegistry['name'];
      readonly task: TaskName;
      readonly by: OurName;
      readonly trips: number;
    }
  | { readonly key: 'start'; readonly what: 'version' | 'verify'; readonly ratio: Summary };

/** What Signet wants to reach: at most `most`, at every registry that was measured. */
export type Target =
  | {
      readonly key: 'ratio';
      readonly task: TaskName;
      readonly roundTripMs: number;
      readonly by: OurName;
      readonly against: 'cosign' | 'notation';
      readonly most: number;
    }
  | { readonly key: 'trips'; readonly task: TaskName; readonly by: OurName; readonly most: number }
  | { readonly key: 'start'; readonly what: 'version' | 'verify'; readonly most: number };

const byKey: readonly Target[] = [
  { key: 'trips', task: 'verify one by digest', by: 'signet', most: 1 },
  { key: 'trips', task: 'verify one by tag', by: 'signet', most: 2 },
  { key: 'ratio', task: 'verify one by digest', roundTripMs: 20, by: 'signet', against: 'cosign', most: 0.75 },
  { key: 'ratio', task: 'verify one by digest', roundTripMs: 20, by: 'signet', against: 'notation', most: 0.9 },
  { key: 'ratio', task: 'verify many by digest', roundTripMs: 0, by: 'signet', against: 'notation', most: 0.5 },
  { key: 'ratio', task: 'verify many by digest', roundTripMs: 20, by: 'signet', against: 'notation', most: 0.12 },
];

/** The same certificates, signatures and answers as notation's: what Signet promises beside notation holds for them too. */
const byCertificate: readonly Target[] = (['signet notary', 'signet x509', 'signet on theirs'] as const).flatMap(
  (by): readonly Target[] => [
    { key: 'ratio', task: 'verify one by digest', roundTripMs: 20, by, against: 'notation', most: 0.9 },
    { key: 'ratio', task: 'verify many by digest', roundTripMs: 0, by, against: 'notation', most: 0.5 },
    { key: 'ratio', task: 'verify many by digest', roundTripMs: 20, by, against: 'notation', most: 0.12 },
  ],
);

/** The targets, written down before anything was measured. */
export const targets: readonly Target[] = [
  ...byKey,
  ...byCertificate,
  { key: 'ratio', task: 'sign one', roundTripMs: 20, by: 'signet notary', against: 'notation', most: 1 },
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
    return measured.key === 'trips' && measured.task === target.task && measured.by === target.by
      ? measured.trips
      : undefined;
  if (target.key === 'start')
    return measured.key === 'start' && measured.what === target.what ? measured.ratio.median : undefined;
  if (measured.key !== 'ratio' || measured.task !== target.task || measured.roundTripMs !== target.roundTripMs)
    return undefined;
  return measured.by === target.by && measured.against === target.against ? measured.ratio.median : undefined;
}

function titleOf(target: Target): string {
  if (target.key === 'trips') return `${target.by}: round trips, ${target.task}`;
  if (target.key === 'start') return `signet ${target.what} / node -e 0`;
  return `${target.by}: ${target.task}, +${target.roundTripMs} ms, / ${target.against}`;
}
