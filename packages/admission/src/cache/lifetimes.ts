import { isAccepted, type Proven, type Report, type Rule, type TagFacts } from '@signet/verifier';

/** How long answers are kept, milliseconds. */
export interface Lifetimes {
  /** A yes, until it is asked for anew. */
  readonly freshMs: number;
  /** A yes after that, while it is asked for anew: what a registry that is down for a while costs nobody. */
  readonly staleMs: number;
  /** A no: who has just signed does not want to wait for long. */
  readonly deniedMs: number;
  /** What a tag names. */
  readonly tagMs: number;
}

export const defaultLifetimes: Lifetimes = {
  freshMs: 5 * 60_000,
  staleMs: 10 * 60_000,
  deniedMs: 10_000,
  tagMs: 10_000,
};

/** Until when a report may be given again, on the clock of its own `atMs`. */
export interface Lifetime {
  readonly freshUntilMs: number;
  readonly staleUntilMs: number;
}

/** Undefined: not at all. What could not be decided is asked for each time; a yes ends no later than what it rests on. Rule: design.md 8. */
export function lifetimeOf(report: Report, rule: Rule | undefined, lifetimes: Lifetimes): Lifetime | undefined {
  const { verdict, atMs, catalogue } = report;
  if (verdict === 'undecided') return undefined;
  if (verdict === 'denied') return { freshUntilMs: atMs + lifetimes.deniedMs, staleUntilMs: atMs + lifetimes.deniedMs };
  const end = evidenceEnd(report, rule);
  const freshMs = Math.min(lifetimes.freshMs, rule?.reuse?.freshMs ?? lifetimes.freshMs);
  const staleMs = Math.min(lifetimes.staleMs, rule?.reuse?.staleMs ?? lifetimes.staleMs);
  if (catalogue !== undefined) {
    // What a tag is has to be asked anew then: an older answer is no better for being quick. Rule: signed-tags.md 4.1, step 2
    const untilMs = Math.min(end, catalogueEnd(catalogue, rule), atMs + Math.min(freshMs, maxCataloguedMs));
    return { freshUntilMs: untilMs, staleUntilMs: untilMs };
  }
  const freshUntilMs = Math.min(end, atMs + freshMs);
  return { freshUntilMs, staleUntilMs: Math.min(end, freshUntilMs + staleMs) };
}

/** For so long what a catalogue said is gone by without asking. */
const maxCataloguedMs = 60_000;

/** When the catalogue's word ends, or only counts with a warning from then on. */
function catalogueEnd({ issuedMs = 0, expiresMs = 0, expired }: TagFacts, rule: Rule | undefined): number {
  const catalogue = rule?.catalogue;
  if (catalogue === undefined) return 0;
  const { freshness, maxAgeMs, graceAfterExpiryMs } = catalogue;
  if (freshness.mode === 'bundle') return issuedMs + freshness.maxAgeMs;
  return Math.min(expired === 'grace' ? expiresMs + graceAfterExpiryMs : expiresMs, issuedMs + maxAgeMs);
}

/** When the first of the signatures that counted ends, or becomes too old for the rule. */
function evidenceEnd({ findings }: Report, rule: Rule | undefined): number {
  const maxAgeMs = rule?.maxAgeMs;
  const endOf = ({ endsAtMs = never, verifiedAtMs = 0 }: Proven): number =>
    Math.min(endsAtMs, maxAgeMs === undefined ? never : verifiedAtMs + maxAgeMs);
  const counted = findings.filter(isAccepted).flatMap(({ proven }) => (proven === undefined ? [] : [endOf(proven)]));
  return Math.min(never, ...counted);
}

const never = Number.POSITIVE_INFINITY;
