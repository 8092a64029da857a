import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policySchemaFile, renderPolicySchema } from '../../../../scripts/policy-schema.ts';
import { lint } from './policy-data.ts';

const text = readFileSync(fileURLToPath(import.meta.resolve('@signet/verifier/policy.schema.json')), 'utf8');
const isValid = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(JSON.parse(text));

/** What the loader checks beyond the shape: names that must be there, files, patterns, and what several values say together. */
const beyondShape =
  /^(?:there is no |the source |a rule |not an image pattern|".*" (?:cannot be read|stands in two|is neither one|is a registry|is one repository|is all below|and ".*" \(|is not |holds |does not begin|cannot be a name)|\d+ (?:of|different keys)|the JWKS?:|the key:|(?:release|skip|X Y|72h): |"jwks?" is |the variable|the environment variable|the default of|no catalogue can|no image of|nothing satisfies|not all images|images from|"from" and|the file extends|require is nested deeper)/;

/** Whatever `extends` comes to name is there. */
const bases = Object.fromEntries(['base.yaml', 'release', 'skip', 'X Y', '72h'].map((path) => [path, 'version: 1\n']));

async function isRefusedForItsShape(document: unknown): Promise<boolean> {
  const { problems } = await lint(JSON.stringify(document), { files: bases });
  return problems.some(({ severity, message }) => severity === 'error' && !beyondShape.test(message));
}

describe('policy.schema.json', () => {
  it('is what the loader’s own schemas say (npm run docs)', () => {
    expect(readFileSync(policySchemaFile, 'utf8')).toBe(renderPolicySchema());
  });

  it('and the loader agree on documents that are right but for a place or two', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(policy, fc.array(change, { maxLength: 2 }), async (made, changes) => {
        const document = changes.reduce(applied, structuredClone(made));
        fc.pre(!/"where":"(?!image|")/.test(JSON.stringify(document))); // what is no CEL is told in CEL's words
        const isRefused = await isRefusedForItsShape(document);
        if (isRefused) refused += 1;
        expect(isRefused, JSON.stringify(document)).toBe(!isValid(document));
      }),
      { numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(200);
    expect(refused).toBeLessThan(1_900);
  });
});

const name = fc.constantFrom('release', 'other');
const { requirement } = fc.letrec((tie) => ({
  requirement: fc.oneof(
    { depthSize: 'small' },
    name,
    fc.record({ any: fc.array(tie('requirement'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ all: fc.array(tie('requirement'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ atLeast: fc.constant(1), of: fc.array(tie('requirement'), { minLength: 1, maxLength: 2 }) }),
  ),
}));
const key = fc.oneof(
  fc.constantFrom('a.pub', 'b.pub'),
  fc.constant({ jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } }),
  fc.constant({ jwks: { keys: [] } }),
);
const checked = fc.record(
  {
    name: fc.constantFrom('one', 'two'),
    images: fc.constant(['x.io/**']),
    mode: fc.constantFrom('enforce', 'warn', 'audit'),
    require: requirement,
    tag: fc.constantFrom('any', 'bound', 'trusted'),
    catalogue: fc.constant('shop'),
    allowUnpinned: fc.constantFrom(true, false),
    platforms: fc.constantFrom('index', 'each'),
    annotations: fc.constant({ team: 'web' }),
    maxAge: fc.constantFrom('90s', '30d'),
    notBefore: fc.constant('2026-01-01T00:00:00Z'),
    where: fc.constant('image.tag == "x"'),
  },
  { requiredKeys: ['images', 'require'] },
);
const freshness = fc.record(
  { mode: fc.constantFrom('online', 'bundle'), maxAge: fc.constantFrom('90s', '30d') },
  { requiredKeys: ['mode'] },
);
const catalogue = fc.record(
  {
    collections: fc.constant('x.io/**'),
    mirrors: fc.constant(['m.io/**']),
    location: fc.constant('l.io/**'),
    signedBy: requirement,
    maxAge: fc.constantFrom('90s', '30d'),
    notBefore: fc.constant('2026-01-01T00:00:00Z'),
    graceAfterExpiry: fc.constantFrom('90s', 0),
    onRollback: fc.constantFrom('useTrusted', 'deny'),
    superseded: fc.constantFrom('7d', 0),
    digestReferences: fc.constantFrom('listed', 'any'),
    freshness,
  },
  { requiredKeys: ['collections', 'signedBy'] },
);
const skipped = fc.record({ images: fc.constant(['y.io/a']), mode: fc.constant('skip') });
const policy = fc.record(
  {
    version: fc.constant(1),
    extends: fc.constantFrom('base.yaml', ['base.yaml']),
    variables: fc.constant({ STAGE: { env: 'STAGE', default: 'x' } }),
    trust: fc.record({
      release: fc.record(
        {
          keys: fc.array(key, { minLength: 1, maxLength: 2 }),
          threshold: fc.constant(1),
          formats: fc.subarray(['sigstore', 'cosign'], { minLength: 1 }),
        },
        { requiredKeys: ['keys'] },
      ),
    }),
    refuse: fc.record({ digests: fc.constant([`sha256:${'0'.repeat(64)}`]), keys: fc.array(key, { maxLength: 1 }) }),
    rename: fc.constant([{ from: 'x.io/a', to: 'docker.io' }]),
    catalogues: fc.record({ shop: catalogue }, { requiredKeys: [] }),
    rules: fc.array(fc.oneof(checked, skipped), { maxLength: 2 }),
    default: fc.constantFrom('deny', 'allow'),
  },
  { requiredKeys: ['version', 'trust'] },
);

interface Change {
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'add';
  readonly value: unknown;
  readonly field: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(1_000),
  kind: fc.constantFrom('replace', 'remove', 'add'),
  value: fc.constantFrom(
    null,
    true,
    0,
    1,
    1.5,
    -1,
    65,
    '',
    'release',
    'skip',
    'X Y',
    '72h',
    [],
    ['release'],
    {},
    { any: ['release'] },
    { env: 'E' },
    { x: 'y' },
  ),
  field: fc.constantFrom('requires', 'x', 'any', 'of', 'mode', 'require', 'keys', 'jwk', 'where', 'STAGE'),
});

type Container = unknown[] | Record<string, unknown>;

/** The document with one place in it changed. */
function applied(document: unknown, { at, kind, value: shared, field }: Change): unknown {
  const value = structuredClone(shared);
  const places = placesIn(document);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return document;
  const [container, index] = place;
  if (kind === 'replace') Reflect.set(container, index, value);
  else if (kind === 'add') Reflect.set(container, Array.isArray(container) ? container.length : field, value);
  else if (Array.isArray(container)) container.splice(Number(index), 1);
  else Reflect.deleteProperty(container, index);
  return document;
}

function placesIn(value: unknown): readonly (readonly [Container, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  const container = value as Container;
  return Object.entries(container).flatMap(([index, inner]) => [[container, index] as const, ...placesIn(inner)]);
}
