import type { BaseIssue } from 'valibot';
import { didYouMean } from '../nearest.ts';
import { quoteHint } from './document.ts';
import { type NodePath, nodeAt, type PolicyNode, placeOfName } from './node.ts';
import { type ProblemDetails, type Problems, quoted } from './problems.ts';

/** Tells what the validator found, in the words of a policy and at the place of the value. */
export function tellIssue(issue: BaseIssue<unknown>, root: PolicyNode, problems: Problems): void {
  for (const { issue: each, path } of leavesOf(issue, [])) tellLeaf({ issue: each, path, root }, problems);
}

interface Leaf {
  readonly issue: BaseIssue<unknown>;
  readonly path: NodePath;
}

/** Where a value may be of several kinds, what is wrong with the kind that it is of; the issue itself where it is of none. */
function leavesOf(issue: BaseIssue<unknown>, before: NodePath): readonly Leaf[] {
  const path = [...before, ...pathOf(issue)];
  if (issue.type !== 'union') return [{ issue, path }];
  const isContainer = typeof issue.input === 'object' && issue.input !== null;
  const ofItsKind = (issue.issues ?? []).filter((inner) =>
    isContainer ? pathOf(inner).length > 0 || inner.kind === 'validation' : inner.kind === 'validation',
  );
  return ofItsKind.length === 0 ? [{ issue, path }] : ofItsKind.flatMap((inner) => leavesOf(inner, path));
}

function pathOf({ path }: BaseIssue<unknown>): NodePath {
  return (path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
}

function tellLeaf({ issue, path, root }: Leaf & { readonly root: PolicyNode }, problems: Problems): void {
  const isKey = issue.path?.at(-1)?.origin === 'key';
  if (isKey && issue.expected === 'never') return; // an unknown field: told already
  if (isKey && issue.input === undefined) {
    const parent = nodeAt(root, path.slice(0, -1));
    if (!problems.hasAt(parent.place) && !hasFaultyName(parent, problems))
      problems.add(`${quoted(String(path.at(-1)))} is missing`, parent.place);
    return;
  }
  if (isKey) problems.add(`${quoted(String(path.at(-1)))}: ${issue.message}`, placeOfName(root, path));
  else tellValue({ issue, path, root }, problems);
}

/** A name that is not known is most likely the one that is missing, or one that takes its place. */
function hasFaultyName(node: PolicyNode, problems: Problems): boolean {
  return node.kind === 'map' && [...node.entries.values()].some(({ place }) => problems.hasAt(place));
}

function tellValue({ issue, path, root }: Leaf & { readonly root: PolicyNode }, problems: Problems): void {
  const node = nodeAt(root, path);
  if (problems.hasAt(node.place) && issue.kind === 'schema') return;
  const { message, ...details } = explain(issue, node, path);
  problems.add(message, node.place, details);
}

interface Explained extends ProblemDetails {
  readonly message: string;
}

function explain(issue: BaseIssue<unknown>, node: PolicyNode, path: NodePath): Explained {
  if (issue.kind === 'validation') return { message: issue.message };
  if (path.length === 1 && path[0] === 'version') return explainVersion(node);
  const choices = choicesOf(issue.expected);
  if (choices.length > 0) return explainChoice(choices, node);
  const wanted = wantedText(issue.expected ?? '');
  return {
    message: `${wanted} is expected here, not ${describe(node)}`,
    hint: hintFor(issue.expected ?? '', node, path),
  };
}

function explainVersion(node: PolicyNode): Explained {
  const isNewer = node.kind === 'scalar' && typeof node.value === 'number' && node.value > 1;
  return isNewer
    ? {
        message: `version ${shortened(node.source)} of the policy language is not known: this is version 1`,
        code: 'POLICY_UNSUPPORTED',
      }
    : { message: `the version is not ${describe(node)}`, hint: 'write: version: 1' };
}

/** The words of a picklist; none for anything else. */
function choicesOf(expected: string | null): readonly string[] {
  return [...(expected ?? '').matchAll(/"([^"]*)"/g)].map(([, word]) => word ?? '');
}

function explainChoice(choices: readonly string[], node: PolicyNode): Explained {
  const word = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
  const message = `${word === undefined ? describe(node) : quoted(word)} is none of ${choices.join(', ')}`;
  return { message, hint: word === undefined ? undefined : didYouMean(word, choices) };
}

const words: readonly (readonly [expected: string, text: string])[] = [
  ['string', 'text'],
  ['Array', 'a list'],
  ['Object', 'a map (name: value)'],
  ['number', 'a number'],
];

function wantedText(expected: string): string {
  const wanted = words.filter(([word]) => expected.includes(word)).map(([, text]) => text);
  return wanted.length === 0 ? expected : wanted.join(' or ');
}

function describe(node: PolicyNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a map';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string'
    ? `the text ${quoted(node.value)}`
    : `the ${typeof node.value} ${shortened(node.source)}`;
}

/** A number may be written with as many digits as the file has room for. */
function shortened(source: string): string {
  return source.length > 40 ? `${source.slice(0, 40)}…` : source;
}

/** Fields that say how long. */
const durations: ReadonlySet<string> = new Set(['maxAge', 'graceAfterExpiry', 'superseded', 'fresh', 'stale']);

function hintFor(expected: string, node: PolicyNode, path: NodePath): string | undefined {
  if (node.kind !== 'scalar') return undefined;
  if (durations.has(String(path.at(-1))) && typeof node.value === 'number')
    return `say of what: ${shortened(node.source)}d, ${shortened(node.source)}h`;
  if (expected.includes('string') && node.value !== null) return quoteHint(node.source);
  if (expected.includes('Array') && typeof node.value === 'string')
    return `put it in brackets: [${quoted(node.value)}]`;
  if (expected === 'number' && typeof node.value === 'string') return 'write the number without quotes';
  return undefined;
}
