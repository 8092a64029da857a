import { parseRegistryReference, type RegistryReference } from '@signet/oci';
import { parseImagePattern, RuleIndex, type Scoped } from '@signet/verifier';
import { lintPolicy } from '@signet/verifier/policy';
import { toTable } from './statistics.ts';

/** One measurement of matching and of loading the same rules from a file. */
export interface MatchingFigures {
  readonly kind: string;
  readonly rules: number;
  readonly indexMs: number;
  readonly loadMs: number;
  /** For all references. */
  readonly matchMs: number;
}

const references = 10_000;
const ruleCounts: readonly number[] = [10, 1_000, 10_000];

/** Kinds of policies, by how their rules differ. A reference meets about one rule in each. */
const kinds: Readonly<Record<string, (rule: number) => string>> = {
  'host and prefix': (rule) => `registry${rule % 7}.example.com/team-${rule}/**`,
  'mixed, some with * in them': (rule) =>
    rule % 10 === 0 ? `*.example.com/team-${rule}/*` : `registry${rule % 7}.example.com/team-${rule}/**`,
  'any host': (rule) => `*/team-${rule}/**`,
};

/**
 * `npm run bench -- --policy`: matching 10,000 references against policies of 10 to 10,000 rules, and loading those policies. Gives true where a target is
 * missed: 1,000 rules under a second, and at most three times what 10 rules cost. Rule: docs/policy.md "How a rule is found".
 */
export async function benchMatching(): Promise<boolean> {
  const rows: string[][] = [['rules', 'kind', 'load', 'of which ties and index', `match ${references} references`]];
  let missed = false;
  for (const [kind, make] of Object.entries(kinds)) {
    const figures: MatchingFigures[] = [];
    for (const rules of ruleCounts) figures.push(await measureMatching(kind, rules, make));
    for (const each of figures)
      rows.push([`${each.rules}`, kind, inMs(each.loadMs), inMs(each.indexMs), inMs(each.matchMs)]);
    const [few, many] = figures;
    const growth = (many?.matchMs ?? 0) / (few?.matchMs ?? 1);
    const isMet = (many?.matchMs ?? Number.POSITIVE_INFINITY) < 1_000 && growth < 3;
    missed ||= !isMet;
    rows.push(['', `${kind}: 1,000 rules cost ${growth.toFixed(2)} times 10`, '', '', isMet ? 'met' : 'MISSED']);
  }
  console.log(toTable(rows));
  return missed;
}

async function measureMatching(kind: string, rules: number, make: (rule: number) => string): Promise<MatchingFigures> {
  const texts = Array.from({ length: rules }, (_, rule) => make(rule));
  const asked = Array.from({ length: references }, (_, at) => referenceFor(at, rules));
  const scoped: readonly Scoped<string>[] = texts.map((text) => ({ pattern: parseImagePattern(text), target: text }));
  const started = performance.now();
  const index = new RuleIndex(scoped);
  const indexMs = performance.now() - started;
  const loadMs = await timeToLoad(texts);
  const rounds = Array.from({ length: 7 }, () => timeToMatch(index, asked)).slice(2); // the first two warm up
  return { kind, rules, indexMs, loadMs, matchMs: rounds.toSorted((a, b) => a - b)[2] ?? 0 };
}

/** Most references meet a rule, some none. */
function referenceFor(at: number, rules: number): RegistryReference {
  const team = (at * 7919) % (rules + Math.ceil(rules / 10));
  return parseRegistryReference(`registry${team % 7}.example.com/team-${team}/app-${at % 13}:v${at % 5}`);
}

function timeToMatch(index: RuleIndex<string>, asked: readonly RegistryReference[]): number {
  const started = performance.now();
  for (const reference of asked) index.choose(reference);
  return performance.now() - started;
}

async function timeToLoad(patterns: readonly string[]): Promise<number> {
  const rules = patterns.map((pattern) => `  - { images: ["${pattern}"], mode: skip }`);
  const bytes = Buffer.from(['version: 1', 'rules:', ...rules].join('\n'));
  const reader = { readFile: async () => bytes, readFolder: async () => [] };
  const started = performance.now();
  const { policy, problems } = await lintPolicy('policy.yaml', { reader, env: {} });
  if (policy === undefined) throw new TypeError(`the policy of the bench is not loaded: ${problems[0]?.message}`);
  return performance.now() - started;
}

function inMs(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
