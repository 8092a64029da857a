import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseRegistryReference } from '@signet/oci';
import {
  compareSpecificity,
  type EffectivePolicy,
  effectivePolicy,
  parseImagePattern,
  RuleIndex,
  specificityOf,
} from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Lint, lintPolicy } from '../../../../packages/verifier/src/policy/load/index.ts';
import { policyLimits } from '../../../../packages/verifier/src/policy/load/limits.ts';
import { makeCertificate } from '../../../support/certificates.ts';
import { readMarkdown } from '../../../support/markdown.ts';
import { newKey, told } from './policy-data.ts';

const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');
const { blocks, tables } = readMarkdown(page);
const examples = blocks.filter(({ language }) => language === 'yaml').map(({ lines }) => lines.join('\n'));
const patterns = tables.find(({ columns }) => columns[0] === 'pattern')?.rows ?? [];

const orders = tables.find(({ columns }) => columns[1] === 'goes before')?.rows ?? [];

/** What is looked at of a JSON Schema. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly maxItems?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schemaFile = fileURLToPath(import.meta.resolve('@signet/verifier/policy.schema.json'));
const schema: Schema = JSON.parse(readFileSync(schemaFile, 'utf8'));
const headings = [
  'The file',
  'Sources of trust',
  'Keys',
  'Certificates',
  'Actions',
  'Rules',
  'Requirements',
  'Reuse',
  'Catalogues of tags',
  'Catalogues that come by hand',
  'Refusals',
  'Mirrors',
  'Variables',
];

describe('the examples of docs/policy.md', () => {
  it('are there, the first of at most ten lines', () => {
    expect(examples.length).toBeGreaterThan(7);
    expect(examples[0]?.split('\n').length).toBeLessThanOrEqual(10);
  });

  it.each(examples)('are policies: %s', async (example) => {
    const problems = (await lintExample(completed(example))).problems.map(told);
    expect(problems.filter((problem) => !problem.startsWith('warning'))).toEqual([]);
    if (example.startsWith('version:')) expect(problems).toEqual([]);
  });
});

describe('the fields of docs/policy.md', () => {
  it('are those of all maps of the schema', () => {
    const described = headings.map((heading) => rowsUnder(heading).map(({ field }) => field));
    expect(new Set(mapsOf(schema).map(namesOf))).toEqual(new Set(described.map((fields) => fields.sort().join())));
  });

  it.each(headings)('%s: says the words that a field takes, its bounds, and what is needed', (heading) => {
    const { properties = {}, required = [] } = mapOf(rowsUnder(heading).map(({ field }) => field));
    for (const { field, what, byDefault } of rowsUnder(heading)) {
      const value = properties[field] ?? {};
      for (const word of [...(value.enum ?? []), ...(value.items?.enum ?? []), value.const ?? []].flat())
        expect(what, field).toContain(`\`${word}\``);
      for (const bound of boundsOf(value)) expect(what, field).toMatch(new RegExp(`\\b${bound}\\b`));
      expect(byDefault.startsWith('needed'), field).toBe(required.includes(field) || field === 'require');
    }
  });

  it('have the defaults that the loader fills in', async () => {
    const text = 'version: 1\ntrust: { a: { keys: [a.pub] } }\nrules: [{ images: ["*"], require: a }]';
    const { default: fallback, trust, rules } = await effective(text);
    const defaults = new Map(Object.entries({ ...rules[0], ...trust.a, default: fallback }));
    const rows = ['The file', 'Sources of trust', 'Rules'].flatMap(rowsUnder);
    for (const field of ['mode', 'tag', 'platforms', 'threshold', 'default'])
      expect(rows).toContainEqual(expect.objectContaining({ field, byDefault: `\`${defaults.get(field)}\`` }));
    expect(defaults.get('name')).toBe('rules[0]');
  });

  it.each(Object.entries(policyLimits))('have the limit %s: %i', (_name, limit) => {
    expect(page).toMatch(new RegExp(`\\b${limit}\\b`));
  });
});

describe('the image patterns of docs/policy.md', () => {
  it.each(patterns)('%s fits %s, and does not fit %s', (pattern, fitting, others) => {
    for (const image of spansIn(fitting)) expect(fits(pattern, image), image).toBe(true);
    for (const image of spansIn(others)) expect(fits(pattern, image), image).toBe(false);
    expect([...spansIn(fitting), ...spansIn(others)].length).toBeGreaterThan(1);
  });

  it.each(orders)('%s goes before %s', (first, second) => {
    const [one, other] = [first, second].map((cell) => specificityOf(parseImagePattern(spansIn(cell).join())));
    expect(one !== undefined && other !== undefined && compareSpecificity(one, other)).toBeGreaterThan(0);
  });

  it('are many', () => {
    expect(patterns.length).toBeGreaterThan(8);
    expect(orders.length).toBeGreaterThan(6);
  });
});

/** The example as a whole policy: what it leaves out is added, a source for each name that it asks for. */
function completed(example: string): string {
  const { rules = [], catalogues = {} }: Example = parse(example);
  const asked = [...rules.map(({ require }) => require), ...Object.values(catalogues).map(({ signedBy }) => signedBy)];
  const names = new Set(asked.flatMap(sourcesIn).filter((name) => name !== 'never'));
  const sources = [...names].map((name) => `  ${name}: { keys: [${name}.pub] }`);
  return [
    ...(/^version:/m.test(example) ? [] : ['version: 1']),
    ...(/^trust:/m.test(example) || sources.length === 0 ? [] : ['trust:', ...sources]),
    example,
  ].join('\n');
}

interface Example {
  readonly rules?: readonly { readonly require?: unknown }[];
  readonly catalogues?: Readonly<Record<string, { readonly signedBy?: unknown }>>;
}

function sourcesIn(require: unknown): readonly string[] {
  if (typeof require === 'string') return [require];
  return typeof require === 'object' && require !== null ? Object.values(require).flatMap(sourcesIn) : [];
}

const keyAt = (path: string): string => (path.endsWith('.crt') ? makeCertificate().pem : newKey());

/** On a disk that has every key, every policy file and every folder of keys. */
function lintExample(text: string): Promise<Lint> {
  const reader = {
    readFile: async (path: string) =>
      Buffer.from(path === 'policy.yaml' ? text : path.endsWith('.yaml') ? 'version: 1' : keyAt(path)),
    readFolder: async (path: string) => (path.startsWith('trust/') ? ['root.crt'] : ['alice.pub', 'bob.pub']),
  };
  return lintPolicy('policy.yaml', { reader, env: {} });
}

async function effective(text: string): Promise<EffectivePolicy> {
  const { policy, problems } = await lintExample(text);
  if (policy === undefined) throw new TypeError(problems.map(told).join('\n'));
  return effectivePolicy(policy);
}

function rowsUnder(
  heading: string,
): readonly { readonly field: string; readonly what: string; readonly byDefault: string }[] {
  const rows = tables.find((table) => table.heading === heading && table.columns[0] === 'field')?.rows ?? [];
  return rows.map(([field = '', what = '', byDefault = '']) => ({ field: spansIn(field).join(), what, byDefault }));
}

/** Every map with named fields, at any depth. */
function mapsOf(part: Schema): readonly Schema[] {
  const { properties = {}, items, additionalProperties, anyOf = [], $defs = {} } = part;
  const free = typeof additionalProperties === 'object' ? [additionalProperties] : [];
  const inside = [
    ...Object.values(properties),
    ...(items === undefined ? [] : [items]),
    ...free,
    ...anyOf,
    ...Object.values($defs),
  ];
  return [...(part.properties === undefined ? [] : [part]), ...inside.flatMap(mapsOf)];
}

function namesOf({ properties = {} }: Schema): string {
  return Object.keys(properties).sort().join();
}

function mapOf(fields: readonly string[]): Schema {
  return mapsOf(schema).find((map) => namesOf(map) === fields.toSorted().join()) ?? {};
}

function boundsOf({ maxItems, maximum, maxLength, anyOf = [] }: Schema): readonly number[] {
  const inside = anyOf.flatMap(({ maxItems: inner }) => inner);
  return [maxItems, maximum, maxLength, ...inside].filter((bound) => bound !== undefined);
}

/** What stands between backquotes. */
function spansIn(cell = ''): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
}

function fits(pattern: string, image: string): boolean {
  const index = new RuleIndex([{ pattern: parseImagePattern(spansIn(pattern).join()), target: 'rule' }]);
  return index.choose({ tag: 'latest', ...parseRegistryReference(image) }).kind === 'chosen';
}
