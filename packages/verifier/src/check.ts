import type { Envelope, Evidence, Gap } from './evidence.ts';
import type { Finding } from './finding.ts';
import type { TrustMaterial, VerifyFormat } from './format.ts';
import { limitGap } from './gathering.ts';
import type { VerifyLimits } from './limits.ts';

/** What the checks need. */
export interface CheckOptions {
  readonly formats: readonly VerifyFormat[];
  readonly trust: TrustMaterial;
  readonly limits: VerifyLimits;
}

/** Checks each envelope of cumulative evidence once. */
export interface Checker {
  /** All findings so far, again after each new one: who has enough stops. */
  checkNew(evidence: Evidence): AsyncGenerator<readonly Finding[], void, void>;
  readonly findings: readonly Finding[];
  /** Set when signatures were left unchecked. */
  readonly gap: Gap | undefined;
}

/**
 * Envelopes whose hints fit a trusted key are checked first, those that name another key only when nothing more comes: so neither their
 * number nor their order hides a good one. Rule: design.md 7 "junk cannot exhaust us".
 */
export function createChecker(options: CheckOptions): Checker {
  const findings: Finding[] = [];
  const unlikely: Envelope[] = [];
  let seen = 0;
  let tried = 0;
  let gap: Gap | undefined;

  async function* checkAll(
    envelopes: readonly Envelope[],
    evidence: Evidence,
  ): AsyncGenerator<readonly Finding[], void, void> {
    if (evidence.subject === undefined) return;
    for (const envelope of envelopes) {
      if (tried >= options.limits.maxSignatures) {
        gap = limitGap(`more than ${options.limits.maxSignatures} signatures: the others were not checked`);
        return;
      }
      const format = options.formats.find(({ name }) => name === envelope.format);
      if (format === undefined) continue;
      const finding = await format.verify(envelope, evidence.subject, options.trust);
      if (finding.signatureTried) tried += 1;
      findings.push(finding);
      yield [...findings];
    }
  }

  return {
    async *checkNew(evidence) {
      const fresh = evidence.envelopes
        .slice(seen)
        .map((envelope) => ({ envelope, prospect: prospectOf(envelope, options) }));
      seen = evidence.envelopes.length;
      const of = (wanted: string) =>
        fresh.filter(({ prospect }) => prospect === wanted).map(({ envelope }) => envelope);
      unlikely.push(...of('unlikely'));
      yield* checkAll([...of('likely'), ...of('open')], evidence);
      if (evidence.complete) yield* checkAll(unlikely.splice(0), evidence);
    },
    get findings() {
      return findings;
    },
    get gap() {
      return gap;
    },
  };
}

function prospectOf(envelope: Envelope, { formats, trust }: CheckOptions) {
  return formats.find(({ name }) => name === envelope.format)?.prospect(envelope, trust) ?? 'open';
}
