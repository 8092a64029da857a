import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { PolicyError } from '../../packages/verifier/src/errors.ts';
import { type LoadOptions, lintPolicy, loadPolicy } from '../../packages/verifier/src/policy/load/index.ts';
import { policyLimits } from '../../packages/verifier/src/policy/load/limits.ts';
import { signet } from '../support/cli.ts';
import { policyBombs } from '../support/policy-bombs.ts';
import { randomRuns } from '../support/random-runs.ts';
import { tempDir } from '../support/temp.ts';
import { keyFiles, readerOf, told } from '../verifier/policy/load/policy-data.ts';

/** What is told has a place in a file, and a message that can be read. */
async function errorsOf(
  text: string | Uint8Array,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const { policy, problems } = await lintPolicy('policy.yaml', optionsFor(text, files));
  for (const { place, message, hint = '' } of problems) {
    expect(place.line).toBeGreaterThan(0);
    expect(place.column).toBeGreaterThan(0);
    expect(message.length + hint.length).toBeLessThan(1_200);
    expect(message).not.toContain('\n');
  }
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(errors.length).toBeLessThanOrEqual(policyLimits.maxProblems);
  expect(policy === undefined).toBe(errors.length > 0);
  return errors.map(told);
}

/** The same; and what has faults is not loaded. */
async function tryOut(
  text: string | Uint8Array,
  files: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const errors = await errorsOf(text, files);
  if (errors.length > 0) await expectPolicyError(loadPolicy('policy.yaml', optionsFor(text, files)));
  return errors;
}

function optionsFor(text: string | Uint8Array, files: Readonly<Record<string, string>>): LoadOptions {
  return { reader: readerOf({ ...keyFiles, ...files, 'policy.yaml': text }), env: { STAGE: 'prod' } };
}

async function expectPolicyError(loading: Promise<unknown>): Promise<void> {
  const error = await loading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PolicyError);
  expect(error).toMatchObject({
    code: expect.stringMatching(/^(?:POLICY_|EXAMPLE_KEY)/),
    place: { file: expect.any(String) },
  });
}

const whole = `version: 1
variables: { STAGE: { env: STAGE, default: dev } }
extends: base.yaml
trust:
  release: &release { keys: [a.pub, b.pub], threshold: 2 }
  other: { keys: [c.pub], formats: [sigstore] }
refuse: { digests: ["sha256:${'ab'.repeat(32)}"], keys: ["sha256:${'cd'.repeat(32)}"] }
rename: [{ from: "Mirror.example.com:443/hub", to: docker.io }]
rules:
  - name: prod
    images: ["registry.example.com/\${STAGE}/**", '*.example.com:*/x']
    require: { all: [release, { atLeast: 1, of: [other, base] }] }
    tag: bound
    annotations: { team: web }
    maxAge: 30d
    notBefore: 2026-01-31T00:00:00Z
    reuse: { fresh: 1m }
    where: |
      signature.annotations["team"] == "web" &&
        image.tag.matches("^v[0-9]+$")
  - { images: ["nginx", "*:dev-*"], mode: skip }
default: deny
`;
const base =
  'version: 1\ntrust: { base: { keys: [a.pub] } }\nrules: [{ images: ["y.io/**"], require: base, mode: warn }]\n';
const json = `${JSON.stringify({
  version: 1,
  trust: { release: { keys: ['a.pub', { jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }], threshold: 1 } },
  rules: [{ images: ['x.io/**'], require: { any: ['release', { atLeast: 1, of: ['never'] }] } }],
})}\n`;

describe('the loader of policies throws nothing but PolicyError, with a place', () => {
  const signs = [...'&*!|>#:-?,[]{}"\'%@`\\/.~ \n\t\r', '\u0000', '\u2028', '\ufeff', '😀', '\ud800'];
  const words = [
    '&a ',
    '*a',
    '<<: ',
    '!!binary ',
    '---\n',
    '...\n',
    '${',
    '${STAGE}',
    '__proto__: ',
    '1e999',
    '0x',
    '.nan',
    'null',
    '**',
    ':443',
    '@sha256:',
    '-----BEGIN PUBLIC KEY-----',
    '\\u0000',
    '../',
  ];
  const piece = fc.oneof(fc.constantFrom(...signs, ...words), fc.string({ maxLength: 5 }));
  const change = fc.tuple(fc.nat(), fc.nat({ max: 30 }), piece, fc.constantFrom('cut', 'twice', 'put', 'over'));
  /** A policy that was good, with some of its text cut out, doubled, or other text put in. */
  const damaged = fc
    .tuple(fc.constantFrom(whole, json), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) =>
      changes.reduce((before, [place, length, put, how]) => {
        const at = place % (before.length + 1);
        const rest = before.slice(how === 'cut' || how === 'over' ? at + length : at);
        return `${before.slice(0, at)}${how === 'twice' ? before.slice(at, at + length) : how === 'cut' ? '' : put}${rest}`;
      }, text),
    );
  /** A policy in which values stand where others belong. */
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      '',
      0,
      -1,
      1.5,
      1e21,
      true,
      [],
      {},
      [[]],
      'a.pub',
      'release',
      '*',
      '${STAGE}',
      'sha256:',
    ),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const wrong = fc
    .tuple(fc.constantFrom(...pathsOf(JSON.parse(json))), value)
    .map(([path, put]) => JSON.stringify(replaced(JSON.parse(json), path, put)));
  const soup = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
  const bytes = fc.uint8Array({ maxLength: 200 });

  it('is tried on policies that are good', async () => {
    expect(await tryOut(whole, { 'base.yaml': base })).toEqual([]);
    expect(await tryOut(json)).toEqual([
      'error POLICY_INVALID 1:50 the JWK: the JWK is not a key: a member is missing, of the wrong length, or not on its curve',
    ]);
  });

  it.each<[string, fc.Arbitrary<string | Uint8Array>, number]>([
    ['policies with changes', damaged, 600],
    ['values where others belong', wrong, 400],
    ['pieces of syntax', soup, 800],
    ['bytes', bytes, 400],
  ])('%s', async (_what, documents, all) => {
    await fc.assert(
      fc.asyncProperty(documents, async (document) => {
        await tryOut(document, { 'base.yaml': base });
      }),
      { numRuns: randomRuns(all) },
    );
  });
});

/** These are tried on the program, with the memory that it takes. */
const onProgram: readonly string[] = [
  'a megabyte of "\\""',
  'a megabyte of "- \\"\\\\q\\"\\n"',
  'rules without anything',
  'aliases that multiply',
  'patterns that only their middles tell apart',
];

describe('policies that were made to take all time or memory', () => {
  const others = Object.entries(policyBombs).filter(([name]) => !onProgram.includes(name));
  it.each(others)('%s', async (_name, { text, files, fault }) => {
    const content = Buffer.from(text());
    expect(content.length).toBeLessThanOrEqual(policyLimits.maxFileBytes);
    const [first = ''] = await errorsOf(content, files?.() ?? {});
    const [, , place = '', ...message] = first.replace(/ \[.*\]$/, '').split(' ');
    const file = /^\d+:\d+$/.test(place) ? `policy.yaml:${place}` : place;
    expect([file, ...message].join(' ')).toMatch(fault);
  });
});

/** Megabytes that the program took at most, which it writes down at its end. Node by itself takes about 50. */
interface Checked {
  readonly code: number;
  readonly lines: readonly string[];
  readonly peakMiB: number;
}

describe('signet policy check', () => {
  let dir: string;
  beforeAll(() => {
    dir = tempDir();
    writeFileSync(join(dir, 'large.yaml'), Buffer.alloc(50 * 1024 * 1024, '#'));
    const report = `process.on('exit', () => require('node:fs').writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS / 1024)))`;
    writeFileSync(join(dir, 'peak.cjs'), report);
  });

  async function check(file: string, input?: Uint8Array): Promise<Checked> {
    const peak = join(dir, 'peak');
    const env = { NODE_OPTIONS: `--require ${join(dir, 'peak.cjs')}`, PEAK_FILE: peak };
    const done = await signet(['policy', 'check', file], { cwd: dir, env, input, timeoutMs: 300_000 });
    expect(done.stderr).toBe('');
    return { code: done.code, lines: done.stdout.trimEnd().split('\n'), peakMiB: Number(readFileSync(peak, 'utf8')) };
  }

  it.each(onProgram)('refuses %s with file, line and column, within bounds of memory', async (name) => {
    const bomb = policyBombs[name];
    if (bomb === undefined) throw new TypeError(`no bomb is called ${name}`);
    const content = Buffer.from(bomb.text());
    expect(content.length).toBeLessThanOrEqual(policyLimits.maxFileBytes);
    writeFileSync(join(dir, 'policy.yaml'), content);
    const { code, lines, peakMiB } = await check('policy.yaml');
    expect(code).toBe(2);
    expect(lines[0]).toMatch(/^policy\.yaml:\d+:\d+: error\[POLICY_INVALID\]: /);
    expect(lines[0]?.replace(/: error\[\w+\]: /, ' ')).toMatch(bomb.fault);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(1_200);
    expect(lines.filter((line) => line.includes(': error[')).length).toBeLessThanOrEqual(policyLimits.maxProblems);
    expect(peakMiB).toBeLessThan(700);
  });

  it('refuses a file of 50 MB before it is read, and as much from standard input once it has seen one of them', async () => {
    const file = await check('large.yaml');
    expect(file).toMatchObject({
      code: 2,
      lines: [expect.stringMatching(/^large\.yaml:1:1: error\[FILE_UNREADABLE\]: .*is larger than 1048576 bytes$/)],
    });
    const input = await check('-', Buffer.alloc(50 * 1024 * 1024, '#'));
    expect(input).toMatchObject({
      code: 2,
      lines: [expect.stringMatching(/^-:1:1: error\[FILE_UNREADABLE\]: .*is larger than 1048576 bytes$/)],
    });
    expect(Math.max(file.peakMiB, input.peakMiB)).toBeLessThan(220);
  });
});

type Path = readonly (string | number)[];

/** The ways to every value. */
function pathsOf(within: unknown, path: Path = []): readonly Path[] {
  const inside = typeof within === 'object' && within !== null ? Object.entries(within) : [];
  return [path, ...inside.flatMap(([name, each]) => pathsOf(each, [...path, name]))];
}

function replaced(within: unknown, [step, ...more]: Path, put: unknown): unknown {
  if (step === undefined) return put;
  if (Array.isArray(within)) return within.map((each, at) => (`${at}` === step ? replaced(each, more, put) : each));
  const entries = Object.entries(within as object);
  return Object.fromEntries(entries.map(([name, each]) => [name, name === step ? replaced(each, more, put) : each]));
}
