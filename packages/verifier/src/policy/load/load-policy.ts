import { PolicyError } from '../../errors.ts';
import { RuleIndex } from '../match/rule-index.ts';
import { tiesOf } from '../match/ties.ts';
import type { Policy, Refusals } from '../policy.ts';
import { Budget } from './budget.ts';
import { tellReach } from './catalogue-reach.ts';
import { loadCatalogues } from './catalogues.ts';
import { KeyLoader } from './keys.ts';
import type { LoadedFile, Loading } from './loading.ts';
import { type PolicyFile, readPolicyFiles } from './policy-files.ts';
import { type PolicyProblem, Problems, quoted, toPolicyError } from './problems.ts';
import type { LoadOptions } from './reader.ts';
import { loadRefusals } from './refusals.ts';
import { loadRenames } from './renames.ts';
import { revisionOf } from './revision.ts';
import type { ReadCondition } from './rule-fields.ts';
import { buildRules, type PlacedPattern } from './rules.ts';
import { loadSources, type NamedSource, placeText } from './sources.ts';
import { Variables } from './variables.ts';

/** A policy, if it can be used, and all that was found. */
export interface Lint {
  /** Missing where there is an error among the problems. */
  readonly policy?: Policy;
  readonly problems: readonly PolicyProblem[];
}

/**
 * A policy with all that it names, read and checked. `path` may be what the reader takes (`-`); what the policy names is relative to it.
 * @throws {PolicyError} POLICY_INVALID, POLICY_UNSUPPORTED, EXAMPLE_KEY: the first fault with its place, the others as `cause`; and what
 * the reader throws for the file itself. Rule: design.md 6
 */
export async function loadPolicy(path: string, options: LoadOptions): Promise<Policy> {
  const { policy, problems } = await lintPolicy(path, options);
  if (policy !== undefined) return policy;
  throw toPolicyError(problems) ?? new PolicyError('POLICY_INVALID', `${path} is no policy`);
}

/** The same with every fault, and warnings of what is most likely not meant. @throws what the reader throws for the file itself */
export async function lintPolicy(path: string, options: LoadOptions): Promise<Lint> {
  const within = { problems: new Problems(), budget: new Budget() };
  const { problems } = within;
  const read = await readPolicyFiles(path, options.reader, within);
  if (problems.hasErrors) return { problems: problems.list() };
  const files = read.map((file, at): LoadedFile => {
    return { ...file, variables: new Variables(file, options.env, within), isFirst: at === 0 };
  });
  const policy = await assemble({ files, ...within }, options);
  return problems.hasErrors ? { problems: problems.list() } : { policy, problems: problems.list() };
}

/** All steps are taken whatever the ones before found, so that one look shows every fault. */
async function assemble(loading: Loading, options: LoadOptions): Promise<Policy> {
  const { files, problems } = loading;
  const keys = new KeyLoader(options, problems);
  const refuse = await loadRefusals(loading, keys);
  const sources = await loadSources(loading, keys, options.reader);
  const renames = loadRenames(loading);
  const readCondition = await conditionReader(files);
  const usedSources = new Set<string>();
  const catalogues = loadCatalogues({ ...loading, sources, usedSources });
  const { rules, patterns } = buildRules({ ...loading, sources, usedSources, catalogues, readCondition });
  tellTies(patterns, loading);
  tellReach(patterns, catalogues, loading);
  if (!problems.isFull) tellUnused({ sources, usedSources, rules: rules.length, refuse }, loading);
  return {
    rules: new RuleIndex(problems.hasErrors ? [] : patterns),
    ruleList: rules,
    fallback: fallbackOf(files[0], files) ?? 'deny',
    refuse,
    renames,
    catalogues: [...catalogues.values()].map(({ catalogue }) => catalogue),
    revision: revisionOf({ files, sources, refuse }),
  };
}

/** CEL is loaded only for a policy that has conditions. */
async function conditionReader(files: readonly LoadedFile[]): Promise<ReadCondition | undefined> {
  const isAsked = files.some(({ input }) => (input.rules ?? []).some(({ where }) => where !== undefined));
  if (!isAsked) return undefined;
  const { ConditionReader } = await import('../cel/compile.ts');
  const reader = new ConditionReader();
  return (text) => reader.read(text);
}

/** The file's own word, else that of the last file that it extends and that has one. */
function fallbackOf(file: PolicyFile | undefined, files: readonly PolicyFile[]): Policy['fallback'] | undefined {
  if (file === undefined || file.input.default !== undefined) return file?.input.default;
  for (const base of file.bases.toReversed()) {
    const found = fallbackOf(
      files.find(({ path }) => path === base),
      files,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function tellTies(patterns: readonly PlacedPattern[], { problems }: Loading): void {
  for (const { one, other, why } of tiesOf(patterns)) {
    if (problems.isFull) return;
    problems.add(
      `${quoted(other.pattern.text)} and ${quoted(one.pattern.text)} (${placeText(one.place)}, rule ${quoted(one.target.name)}) ${why}`,
      other.place,
      { hint: 'make one of them say more, or put both into one rule' },
    );
  }
}

interface Use {
  readonly sources: ReadonlyMap<string, NamedSource>;
  readonly usedSources: ReadonlySet<string>;
  readonly rules: number;
  readonly refuse: Refusals;
}

function tellUnused({ sources, usedSources, rules, refuse }: Use, { files, problems }: Loading): void {
  for (const [name, { place, source }] of sources) {
    if (!usedSources.has(name)) problems.warn(`no rule asks for the source ${quoted(name)}`, place);
    if (source.keys.some(({ id }) => refuse.keyIds.has(id)))
      problems.warn(`a key of the source ${quoted(name)} is refused: what it signed is never let through`, place);
  }
  for (const { variables } of files) variables.tellUnused();
  const [first] = files;
  if (rules === 0 && first !== undefined)
    problems.warn('the policy has no rules: "default" decides alone', first.root.place);
}
