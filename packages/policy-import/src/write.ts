import type { Place } from '@signet/verifier';
import { type Demand, sourcesIn } from './demand.ts';
import type { Conditions, Imported, ImportedSource, ImportedX509, Loss } from './model.ts';
import type { ConvertedRule } from './rule.ts';

/** What goes into the file. */
export interface PolicyParts {
  /** First lines, as comments. */
  readonly title: readonly string[];
  readonly imported: Imported;
  readonly rules: readonly ConvertedRule[];
}

/** The policy as text. */
export interface WrittenPolicy {
  readonly text: string;
  /** Where in the other policy what stands in a line of this one came from, by its number from 1. Lines of which nobody knows it are not there. */
  readonly origins: ReadonlyMap<number, Place>;
}

/** A line, and where it came from. */
type Line = string | { readonly text: string; readonly from: Place };

/** The policy as commented YAML. Each loss stands as a comment where it happened. */
export function writePolicy({ title, imported, rules }: PolicyParts): WrittenPolicy {
  const used = new Set(rules.flatMap(({ demand }) => sourcesIn(demand)));
  const sources = imported.sources.filter(({ name }) => used.has(name));
  const lines: readonly Line[] = [
    ...title.map(comment),
    ...imported.losses.map(lossComment),
    'version: 1',
    ...(sources.length === 0
      ? []
      : [
          ...trustComments(sources),
          'trust:',
          ...sources.flatMap((source) => placed(sourceLines(source), source.place)),
        ]),
    ...(imported.renames.length === 0 ? [] : ['rename:']),
    ...imported.renames.map(({ from, to }) => `  - { from: ${quote(from)}, to: ${quote(to)} }`),
    rules.length === 0 ? 'rules: []' : 'rules:',
    ...rules.flatMap((rule) => placed(ruleLines(rule), rule.place)),
    `default: ${imported.fallback}`,
  ];
  return {
    text: `${lines.map((line) => (typeof line === 'string' ? line : line.text)).join('\n')}\n`,
    origins: new Map(lines.flatMap((line, at) => (typeof line === 'string' ? [] : [[at + 1, line.from] as const]))),
  };
}

function placed(lines: readonly string[], from: Place | undefined): readonly Line[] {
  return from === undefined ? lines : lines.map((text) => ({ text, from }));
}

function trustComments(sources: readonly ImportedSource[]): readonly string[] {
  return sources.some((source) => 'format' in source && source.format === 'cosign') ? [olderFormOnly] : [];
}

const olderFormOnly = comment(
  'formats: [cosign]: as the other tool reads them. Leave the line out where bundles, which "signet sign" writes, are to count too.',
);

function sourceLines(source: ImportedSource): readonly string[] {
  const { name } = source;
  if ('x509' in source) return [`  ${quote(name)}:`, '    x509:', ...x509Lines(source.x509)];
  const { keys, format } = source;
  return [`  ${quote(name)}:`, `    formats: [${format}]`, '    keys:', ...keys.flatMap((key) => keyLines(key))];
}

function x509Lines({
  level,
  override,
  verifyTimestamp,
  allowPrivateServers,
  ...lists
}: ImportedX509['x509']): readonly string[] {
  const actions = Object.entries(override).map(([check, action]) => `${check}: ${action}`);
  return [
    ...Object.entries(lists).flatMap(([field, items]) =>
      items.length === 0 ? [] : [`      ${field}:`, ...items.map((item) => `        - ${quote(item)}`)],
    ),
    `      level: ${level}`,
    ...(actions.length === 0 ? [] : [`      override: { ${actions.join(', ')} }`]),
    ...(verifyTimestamp === undefined ? [] : [`      verifyTimestamp: ${verifyTimestamp}`]),
    ...(allowPrivateServers ? ['      allowPrivateServers: true'] : []),
  ];
}

/** A file name on its line, a PEM text as a block of its own. */
function keyLines(key: string): readonly string[] {
  if (!key.startsWith('-----BEGIN')) return [`      - ${quote(key)}`];
  const lines = key.trimEnd().split(/\r?\n/);
  return ['      - |', ...lines.map((line) => `        ${line}`)];
}

function ruleLines(rule: ConvertedRule): readonly string[] {
  return [
    ...rule.from.map(({ name, place }) => `  ${comment(`${place.file}:${place.line}: ${name}`)}`),
    ...rule.losses.map((loss) => `  ${lossComment(loss)}`),
    `  - name: ${quote(rule.name)}`,
    '    images:',
    ...rule.images.map((image) => `      - ${quote(image)}`),
    `    mode: ${rule.mode}`,
    ...(rule.mode === 'skip' ? [] : [`    require: ${demandText(rule.demand)}`, ...conditionLines(rule.conditions)]),
  ];
}

function conditionLines({ tag, annotations, where }: Conditions): readonly string[] {
  const signed = Object.entries(annotations);
  const joined = where.length > 1 ? where.map((each) => `(${each})`).join(' && ') : where[0];
  return [
    ...(tag === 'bound' ? ['    tag: bound'] : []),
    ...(signed.length === 0 ? [] : ['    annotations:']),
    ...signed.map(([name, value]) => `      ${quote(name)}: ${quote(value)}`),
    ...(joined === undefined ? [] : [`    where: ${quote(joined)}`]),
  ];
}

/** Signet's `require`. `all` may be met by one signer, `atLeast` counts different ones. */
function demandText(demand: Demand, inner = false): string {
  if (demand.kind === 'source') return inner ? quote(demand.name) : `{ any: [${quote(demand.name)}] }`;
  if (demand.kind !== 'atLeast') return 'never';
  const of = `[${demand.of.map((each) => demandText(each, true)).join(', ')}]`;
  if (demand.count === 1) return `{ any: ${of} }`;
  return demand.count === demand.of.length ? `{ all: ${of} }` : `{ atLeast: ${demand.count}, of: ${of} }`;
}

/** A double-quoted scalar: JSON's is YAML's. What a terminal or an editor could trip over is written as \u. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** One loss as people read it, here and on standard error. */
export function lossText({ construct, why, effect }: Loss): string {
  return `${construct}: ${why}${effect === 'unchanged' ? '' : ` (${effect})`}`;
}

function lossComment(loss: Loss): string {
  const remedy = loss.remedy === undefined ? '' : `; ${loss.remedy}`;
  return comment(`lost, ${loss.place.file}:${loss.place.line}: ${lossText(loss)}${remedy}`);
}

function comment(text: string): string {
  return `# ${text.replace(/[^ -~]+/g, ' ')}`.trimEnd();
}
