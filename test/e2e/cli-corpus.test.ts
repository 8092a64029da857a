import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAuditStage, type StageKind } from '../support/audit-stage.ts';
import { signet } from '../support/cli.ts';
import type { RunResult } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { corpusArgs, corpusPaths, readCorpus } from '../workloads/corpus.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, signReference } from './cli-world.ts';

const exampleHost = 'registry.example.com';
const corpus = readCorpus();

let world: CliWorld;
/** Where the corpus lies, its registry being that of the test. */
let dir: string;
beforeAll(async () => {
  world = await createCliWorld();
  dir = tempDir();
  const other = await makeKey(join(dir, 'other'));
  const images = [...new Set(corpus.flatMap((file) => file.images.map(({ image }) => image)))].filter(isPushed);
  await buildAuditStage({
    host: world.host,
    images: images.length,
    nameOf: (at) => images[at]?.slice(exampleHost.length + 1) ?? '',
    kindOf: (at) => stageKinds[teamOf(images[at] ?? '')] ?? 'signed',
    trusted: world.key,
    other: other.key,
  });
  const multi = await world.pushIndex('shop/multi:1');
  for (const { digest } of await world.children(multi)) await signReference(multi, world.key, { digest });
  for (const { name, bytes } of corpus) {
    mkdirSync(dirname(join(dir, 'corpus', name)), { recursive: true });
    writeFileSync(join(dir, 'corpus', name), inTest(Buffer.from(bytes).toString()));
  }
  const rules = `rules:\n- { name: ours, images: ["${world.host}/**"], require: release }\n`;
  writeFileSync(join(dir, 'policy.yaml'), `version: 1\ntrust: { release: { keys: [${world.pub}] } }\n${rules}`);
}, 60_000);
afterAll(() => world.server.stop('SIGKILL'));

/** What the first part of a repository's name says of its images; all others are signed. `gone`: was never pushed. */
const stageKinds: Readonly<Record<string, StageKind>> = { legacy: 'unsigned', thirdparty: 'wrong-key' };
const answers: Readonly<Record<string, string>> = {
  legacy: 'denied NO_SIGNATURE',
  thirdparty: 'denied NOT_TRUSTED',
  gone: 'undecided UNRESOLVED',
};

const teamOf = (image: string): string => image.slice(exampleHost.length + 1).split('/')[0] ?? '';
const isOurs = (image: string): boolean => image.startsWith(`${exampleHost}/`);
const isPushed = (image: string): boolean =>
  isOurs(image) && !image.includes('@') && teamOf(image) !== 'gone' && !image.includes('/multi:');
const inTest = (text: string): string => text.replaceAll(exampleHost, world.host);

/** What the report of an image must say. No request goes out for an image that no rule is for. */
function answerOf(image: string): string {
  if (!isOurs(image)) return 'denied NO_RULE';
  return image.includes('@') ? 'undecided UNRESOLVED' : (answers[teamOf(image)] ?? 'verified VERIFIED');
}

interface Use {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly reference: string;
  readonly answer: string;
}

/** All that the tables list, as the test's registry is named. A shorter name moves what stands behind it in a line. */
function wantedUses(): readonly Use[] {
  return corpus.flatMap(({ name, bytes, images }) => {
    const lines = Buffer.from(bytes).toString().split('\n');
    return images.map(({ line, column, image }) => {
      const before = lines[line - 1]?.slice(0, column - 1) ?? '';
      const moved = inTest(before).length + 1;
      return { file: `corpus/${name}`, line, column: moved, reference: inTest(image), answer: answerOf(image) };
    });
  });
}

const wantedProblems = () =>
  corpus.flatMap(({ name, problems }) =>
    problems
      .filter(({ severity }) => severity === 'unread')
      .map(({ code, line, column }) => `corpus/${name}:${line}:${column} ${code}`),
  );

/** The same for both sides: the order of reports is that of the first places. */
const sorted = (uses: readonly Use[]): readonly string[] =>
  uses.map(({ file, line, column, reference, answer }) => `${file}:${line}:${column} ${reference} ${answer}`).sort();

function verify(form: string): Promise<RunResult> {
  const inputs = ['corpus', ...corpus.map(({ name }) => `corpus/${name}`).filter((path) => path.includes('/list/'))];
  const paths = Object.entries(corpusPaths).flatMap(([kind, list]) => list.map((path) => `${kind}=${path}`));
  const args = Object.entries(corpusArgs).map(([name, value]) => `${name}=${value}`);
  const each = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value]);
  return signet(
    [
      'verify',
      '--policy',
      'policy.yaml',
      '-o',
      form,
      ...each('-f', inputs),
      ...each('--image-path', paths),
      ...each('--build-arg', args),
    ],
    { cwd: dir },
  );
}

/** The places of `error[INPUT_UNREAD]` lines, with their codes. */
const unreadOf = (stderr: string) =>
  [...stderr.matchAll(/^error\[INPUT_UNREAD\]: (\S+:\d+:\d+): .*?([A-Z]+_[A-Z]+): /gm)].map(
    ([, place, code]) => `${place} ${code}`,
  );

describe('signet verify -f on the corpus', () => {
  it('holds every answer, and says each in tables', () => {
    expect(new Set(wantedUses().map(({ answer }) => answer))).toEqual(
      new Set([...Object.values(answers), 'denied NO_RULE', 'verified VERIFIED']),
    );
    expect(wantedUses().length).toBeGreaterThan(150);
    expect(wantedProblems().length).toBeGreaterThan(10);
  });

  it('reports every image with file, line and column in JSON, and what could not be read', async () => {
    const done = await verify('json');
    expect(done.code).toBe(1);
    const reports = jsonLines(done.stdout) as readonly {
      reference: string;
      verdict: string;
      code: string;
      use: { place: { file: string; line: number; column: number } };
    }[];
    const uses = reports.map(({ reference, verdict, code, use: { place } }) => ({
      ...place,
      reference,
      answer: `${verdict} ${code}`,
    }));
    expect(sorted(uses)).toEqual(sorted(wantedUses()));
    expect(unreadOf(done.stderr).sort()).toEqual(wantedProblems().sort());
  });

  it('in text, each image once with all its places', async () => {
    const done = await verify('text');
    expect(done.code).toBe(1);
    const blocks = done.stdout.split(/^(?=verified|denied|undecided)/m).filter((block) => block !== '');
    const uses = blocks.flatMap((block) => {
      const [, verdict, reference = '', code = 'VERIFIED'] = /^(\w+) +(\S+)(?: {2}(\w+).*)?$/m.exec(block) ?? [];
      const places = block.split(/^ {2}why/m)[0]?.matchAll(/^ {2}(?:at)? +(\S+):(\d+):(\d+) /gm) ?? [];
      return [...places].map(([, file = '', line, column]) => ({
        ...{ file, line: Number(line), column: Number(column) },
        reference,
        answer: `${verdict} ${code}`,
      }));
    });
    // A text names the digest that was found behind the tag.
    const named = (all: readonly Use[]) => sorted(all).map((line) => line.replace(/(?<=:\S+)@sha256:[0-9a-f]+/, ''));
    expect(named(uses)).toEqual(named(wantedUses()));
    // Two of them are also asked for by another platform.
    expect(blocks).toHaveLength(new Set(wantedUses().map(({ reference }) => reference)).size + 2);
    expect(unreadOf(done.stderr).sort()).toEqual(wantedProblems().sort());
  });

  it('in SARIF, as its schema says, what is not verified', async () => {
    const log = JSON.parse((await verify('sarif')).stdout);
    const validate = sarifValidator();
    expect(validate(log) || validate.errors).toBe(true);
    const [{ results, invocations }] = log.runs;
    const uses = results.map(({ ruleId, properties, locations: [{ physicalLocation: at }] }: SarifResult) => ({
      file: decodeURI(at.artifactLocation.uri),
      ...{ line: at.region.startLine, column: at.region.startColumn },
      ...{ reference: properties.reference, answer: `${properties.verdict} ${ruleId}` },
    }));
    expect(sorted(uses)).toEqual(sorted(wantedUses().filter(({ answer }) => !answer.startsWith('verified'))));
    const notified = invocations[0].toolExecutionNotifications.map(({ message, locations }: SarifNotification) => {
      const { artifactLocation, region } = locations[0].physicalLocation;
      const [code] = /[A-Z]+_[A-Z]+(?=: )/.exec(message.text) ?? [];
      return `${decodeURI(artifactLocation.uri)}:${region.startLine}:${region.startColumn} ${code}`;
    });
    expect(notified.sort()).toEqual(wantedProblems().sort());
  });

  it('in JUnit, a case for each place', async () => {
    const document = new DOMParser().parseFromString((await verify('junit')).stdout, 'text/xml');
    const cases = [...document.getElementsByTagName('testcase')].map((each) => {
      const [failure] = [...each.getElementsByTagName('failure'), ...each.getElementsByTagName('error')];
      const type = failure?.getAttribute('type') ?? 'VERIFIED';
      const [reference] = each.getAttribute('name')?.split(' ') ?? [];
      return `${each.getAttribute('file')}:${each.getAttribute('line')} ${type === 'INPUT_UNREAD' ? '' : `${reference} `}${type}`;
    });
    const images = wantedUses().map(
      ({ file, line, reference, answer }) => `${file}:${line} ${reference} ${answer.split(' ')[1]}`,
    );
    const problems = wantedProblems().map((text) => text.replace(/:\d+ \w+$/, ' INPUT_UNREAD'));
    expect(cases.sort()).toEqual([...images, ...problems].sort());
  });
});

interface SarifPlace {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: { readonly startLine: number; readonly startColumn: number };
  };
}

interface SarifResult {
  readonly ruleId: string;
  readonly properties: { readonly reference: string; readonly verdict: string };
  readonly locations: readonly [SarifPlace];
}

interface SarifNotification {
  readonly message: { readonly text: string };
  readonly locations: readonly [SarifPlace];
}

/** OASIS's schema, which is of JSON Schema's draft 4: these two names are all that Ajv does not know of it. */
function sarifValidator() {
  const path = new URL('../verifier/report/fixtures/sarif-2.1.0.json', import.meta.url);
  const { id: _id, $schema: _draft, ...schema } = JSON.parse(readFileSync(path, 'utf8'));
  return new Ajv({ strict: false, validateFormats: false }).compile(schema);
}
