import type { Place } from '@signet/verifier';
import type { Arranged } from './arrange.ts';
import { allOf, type Demand, never } from './demand.ts';
import type { Conditions, Entry, Loss } from './model.ts';
import { noConditions } from './model.ts';

/** A rule as it is written into Signet's policy. */
export interface ConvertedRule {
  readonly name: string;
  readonly images: readonly string[];
  readonly mode: 'enforce' | 'warn' | 'audit' | 'skip';
  /** Never `pass`: that is `mode: skip`. */
  readonly demand: Demand;
  readonly conditions: Conditions;
  readonly losses: readonly Loss[];
  /** The statements that it stands for. */
  readonly from: readonly Entry[];
  /** Of the one that it is named after. */
  readonly place: Place;
}

/** The rule for images about which these statements may decide together. */
export function toRule({ images, main, all, partly }: Arranged): ConvertedRule {
  const enforced = all.filter(({ mode }) => mode === 'enforce');
  const holding = (enforced.length > 0 ? enforced : all).filter(({ demand }) => demand.kind !== 'pass');
  const conditions = joinConditions(holding);
  const demand = conditions === undefined ? never : allOf(holding.map((each) => each.demand));
  const base = {
    name: main.name,
    place: main.place,
    images,
    demand,
    from: all,
    losses: lossesOf({ main, all, partly, holding, conditions }),
  };
  if (demand.kind === 'pass') return { ...base, mode: 'skip', conditions: noConditions };
  const mode = enforced.length > 0 ? 'enforce' : all.some((each) => each.mode === 'warn') ? 'warn' : 'audit';
  return { ...base, mode, conditions: demand.kind === 'never' ? noConditions : (conditions ?? noConditions) };
}

/** All conditions at once; undefined where no signature could meet them. */
function joinConditions(entries: readonly Entry[]): Conditions | undefined {
  const annotations: Record<string, string> = Object.create(null);
  for (const [name, value] of entries.flatMap(({ conditions }) => Object.entries(conditions.annotations))) {
    if (annotations[name] !== undefined && annotations[name] !== value) return undefined;
    annotations[name] = value;
  }
  const isBound = entries.some(({ conditions }) => conditions.tag === 'bound');
  const where = [...new Set(entries.flatMap(({ conditions }) => conditions.where))];
  return { tag: isBound ? 'bound' : 'any', annotations, where };
}

interface Joined {
  readonly main: Entry;
  readonly all: readonly Entry[];
  readonly partly: readonly Entry[];
  readonly holding: readonly Entry[];
  readonly conditions: Conditions | undefined;
}

/** What the statements themselves lost, and what is lost by joining them. */
function lossesOf({ main, all, partly, holding, conditions }: Joined): readonly Loss[] {
  const place = main.place;
  const lost = (construct: string, why: string, effect: Loss['effect']): Loss => ({ place, construct, why, effect });
  const joined: Loss[] = [];
  for (const each of partly)
    joined.push(lost(each.name, `speaks of some of these images only: asked for all of them here`, 'stricter'));
  for (const each of all) {
    if (each.demand.kind !== 'pass' && !holding.includes(each))
      joined.push(lost(each.name, `only ${each.mode}s, where others enforce: not asked for here`, 'unchanged'));
  }
  if (conditions === undefined)
    joined.push(
      lost(main.name, 'statements ask for different values of one annotation: nothing satisfies them', 'denied'),
    );
  else if (new Set(holding.map((each) => JSON.stringify(each.conditions))).size > 1)
    joined.push(
      lost(main.name, 'what one statement asks of its signatures is asked of all signatures here', 'stricter'),
    );
  return [...all.flatMap((each) => each.losses), ...joined];
}
