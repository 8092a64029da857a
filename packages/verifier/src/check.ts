import { limitGap, toGap } from './collect/gaps.ts';
import type { Envelope, Evidence, Gap, Subject } from './evidence.ts';
import type { Finding } from './finding.ts';
import type { Prospect, VerifyFormat } from './format.ts';
import type { VerifyLimits } from './limits.ts';
import type { TrustMaterial } from './trust.ts';
import type { Witnesses } from './witnesses/witnesses.ts';

/** What the checks need. */
export interface CheckOptions {
  readonly formats: readonly VerifyFormat[];
  readonly trust: TrustMaterial;
  readonly limits: Pick<VerifyLimits, 'maxSignatures' | 'maxChecks'>;
  /** Who is asked beside the registry. Default: nobody, and what they would have to say stays unknown. */
  readonly witnesses?: Witnesses;
  /** When it fires, nothing more is checked; its reason is the gap. */
  readonly signal?: AbortSignal;
}

/** Of findings that prove nothing so many are kept of each kind: that there were any is what counts. */
const maxKept = 100;
/** Between two looks at the event loop, so that time limits and other references get their turn: envelopes looked at, 64 KiB count as one. */
const workPerTurn = 32;

/** What waits until nothing more comes, in this order: names no key and was found under a tag, names no key, names another key. */
const turns = ['tagged', 'open', 'unlikely'] as const;
type Turn = (typeof turns)[number];

/**
 * Checks each envelope of cumulative evidence once. At once: what names a trusted key (up to `maxChecks` verifications, each against one
 * key), and what holds no signature. When nothing more comes: all else, together up to `maxSignatures`. So neither number nor order nor
 * page of the others hides what names a trusted key, and who can push referrers but no tags hides nothing under a tag. Rule: design.md 7.
 */
export class Checker {
  private readonly options: CheckOptions;
  private readonly proven: Finding[] = [];
  private readonly failed = { signatures: [] as Finding[], others: [] as Finding[] };
  private readonly waiting: Readonly<Record<Turn, Envelope[]>> = { tagged: [], open: [], unlikely: [] };
  private readonly seen = new WeakSet<Envelope>();
  private readonly tried = new WeakSet<Envelope>();
  private readonly left = new Map<string, Gap>();
  private readonly spent = { keyChecks: 0, signatures: 0, sinceTurn: 0 };
  private total = 0;

  constructor(options: CheckOptions) {
    this.options = options;
  }

  /** The findings that prove something, and the first of the others. */
  get findings(): readonly Finding[] {
    return [...this.proven, ...this.failed.signatures, ...this.failed.others];
  }

  get findingsTotal(): number {
    return this.total;
  }

  /** Set when signatures were left unchecked. */
  get gaps(): readonly Gap[] {
    return [...this.left.values()];
  }

  /** Whether an envelope is done with: it was checked, or it is one of those for which no check is left. */
  isSpent(envelope: Envelope): boolean {
    return this.seen.has(envelope) && !turns.some((turn) => this.waiting[turn].includes(envelope));
  }

  /** Each new finding as it is made: who has enough stops. */
  async *checkNew(evidence: Evidence): AsyncGenerator<Finding, void, void> {
    const { subject, envelopes, complete } = evidence;
    if (subject === undefined) return;
    const fresh = envelopes.filter((envelope) => !this.seen.has(envelope));
    for (const envelope of fresh) {
      if (await this.isOver(envelope)) return; // what an envelope promises may only be told by parsing it
      this.seen.add(envelope);
      const prospect = this.prospectOf(envelope);
      if (prospect === 'open' || prospect === 'unlikely') this.putOff(envelope, turnOf(envelope, prospect));
      else yield* this.check(envelope, subject, prospect);
    }
    if (!complete) return;
    for (const turn of turns) {
      for (const envelope of this.waiting[turn].splice(0)) yield* this.check(envelope, subject, 'open');
    }
  }

  private prospectOf(envelope: Envelope): Prospect {
    return this.formatOf(envelope)?.prospect(envelope, this.options.trust) ?? 'none';
  }

  private formatOf(envelope: Envelope): VerifyFormat | undefined {
    return this.options.formats.find(({ name }) => name === envelope.format);
  }

  /** More than may be tried need not wait. */
  private putOff(envelope: Envelope, turn: Turn): void {
    if (this.waiting[turn].length < this.options.limits.maxSignatures) this.waiting[turn].push(envelope);
    else this.leave('open');
  }

  private async *check(envelope: Envelope, subject: Subject, prospect: Prospect): AsyncGenerator<Finding, void, void> {
    const format = this.formatOf(envelope);
    if (format === undefined || (await this.isOver(envelope))) return;
    if (!this.hasBudget(prospect)) return this.leave(prospect);
    const hintedOnly = prospect === 'likely';
    const trust = { ...this.options.trust, hintedOnly };
    const { witnesses, signal } = this.options;
    const by = witnesses && { witnesses, ...(signal === undefined ? {} : { signal }) };
    const testimonies = by && (await format.consult?.(envelope, subject, trust, by));
    const findings = await format.verify(envelope, subject, trust, testimonies);
    this.spend(findings, prospect);
    const isProven = findings.some(({ proven }) => proven !== undefined);
    if (this.tried.has(envelope) && !isProven) return; // told the first time
    this.tried.add(envelope);
    for (const finding of findings) {
      this.keep(finding);
      yield finding;
    }
    // A hint proves nothing: the signature may be another trusted key's. That is tried last, and spends the budget of the others.
    const keyChecks = checksOf(findings);
    if (hintedOnly && keyChecks > 0 && keyChecks < this.options.trust.keys.length && !isProven)
      this.putOff(envelope, 'unlikely');
  }

  private async isOver({ bytes }: Envelope): Promise<boolean> {
    const { signal } = this.options;
    this.spent.sinceTurn += 1 + (bytes.length >>> 16);
    if (this.spent.sinceTurn >= workPerTurn) {
      this.spent.sinceTurn = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (signal?.aborted !== true) return false;
    this.left.set('time', toGap('time', signal.reason));
    return true;
  }

  private hasBudget(prospect: Prospect): boolean {
    const { maxChecks, maxSignatures } = this.options.limits;
    if (prospect === 'none') return true;
    return prospect === 'likely' ? this.spent.keyChecks < maxChecks : this.spent.signatures < maxSignatures;
  }

  private leave(prospect: Prospect): void {
    const { maxChecks, maxSignatures } = this.options.limits;
    const message =
      prospect === 'likely'
        ? `more than ${maxChecks} checks of signatures that name a trusted key: the others were not checked`
        : `more than ${maxSignatures} signatures that name no trusted key: the others were not checked`;
    this.left.set(message, limitGap(message));
  }

  private spend(findings: readonly Finding[], prospect: Prospect): void {
    const keyChecks = checksOf(findings);
    if (prospect === 'likely') this.spent.keyChecks += keyChecks;
    else if (keyChecks > 0) this.spent.signatures += 1;
  }

  private keep(finding: Finding): void {
    this.total += 1;
    const isOther = finding.checks.some(({ code }) => code === 'NOT_A_SIGNATURE');
    const kept = isOther ? this.failed.others : this.failed.signatures;
    if (finding.proven !== undefined) this.proven.push(finding);
    else if (kept.length < maxKept) kept.push(finding);
  }
}

/** Verifications that were made for one envelope. */
function checksOf(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ keyChecks }) => keyChecks));
}

/** A manifest that names no subject is none of the listing's: it was found under a tag. */
function turnOf({ foundIn, manifestSubject }: Envelope, prospect: 'open' | 'unlikely'): Turn {
  return prospect === 'open' && foundIn !== 'listing' && manifestSubject === undefined ? 'tagged' : prospect;
}
