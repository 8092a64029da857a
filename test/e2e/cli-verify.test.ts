import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, deadPort, jsonLines, makeKey, ok, signReference } from './cli-world.ts';

let world: CliWorld;
let signed: string;
let unsigned: string;
let otherPub: string;
beforeAll(async () => {
  world = await createCliWorld();
  [signed, unsigned] = await Promise.all([world.push('app:1.0'), world.push('app:unsigned')]);
  otherPub = (await makeKey(join(world.dir, 'other'), 'ed25519')).pub;
  await signReference(signed, world.key, { annotations: { build: '7' } });
});
afterAll(() => world.server.stop('SIGKILL'));

const schema = JSON.parse(readFileSync(new URL('../../packages/verifier/report.schema.json', import.meta.url), 'utf8'));

/** Runs verify with JSON output; each line must be a report by the published schema. */
async function reports(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number; readonly reports: readonly Record<string, unknown>[] }> {
  const { code, stdout } = await signet(['verify', '--output', 'json', ...args], { input });
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);
  const lines = stdout === '' ? [] : jsonLines(stdout);
  for (const line of lines) expect(validate(line) || validate.errors).toBe(true);
  return { code, reports: lines };
}

describe('one reference', () => {
  it('is verified with 0, and says by whom and what to deploy', async () => {
    const done = await signet(['verify', '--key', world.pub, signed]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^verified {3}\S+@sha256:[0-9a-f]{64}\n/);
    expect(await reports(['--key', world.pub, signed])).toMatchObject({
      code: 0,
      reports: [{ verdict: 'verified', code: 'VERIFIED', allowed: true, reference: signed }],
    });
  });

  it('is denied with 1 when nobody signed it', async () => {
    const done = await reports(['--key', world.pub, unsigned]);
    expect(done).toMatchObject({ code: 1, reports: [{ verdict: 'denied', code: 'NO_SIGNATURE' }] });
  });

  it('is denied with 1 when another key signed it; any of several keys suffices', async () => {
    expect(await reports(['--key', otherPub, signed])).toMatchObject({ code: 1, reports: [{ code: 'NOT_TRUSTED' }] });
    expect(await reports(['--key', otherPub, '--key', world.pub, signed])).toMatchObject({ code: 0 });
  });

  it('is undecided with 3 when the registry has no such image', async () => {
    const done = await reports(['--key', world.pub, `${world.host}/app:missing`]);
    expect(done).toMatchObject({ code: 3, reports: [{ verdict: 'undecided', code: 'UNRESOLVED' }] });
  });

  it('is undecided with 3 when nobody answers', async () => {
    const done = await signet([
      'verify',
      '--key',
      world.pub,
      `127.0.0.1:${await deadPort()}/app:1.0`,
      '--timeout',
      '3s',
    ]);
    expect(done.code).toBe(3);
    expect(done.stdout).toMatch(/^undecided .*UNRESOLVED/);
  });

  it.each([
    ['build=7', 0, 'VERIFIED'],
    ['build=8', 1, 'ANNOTATION_MISMATCH'],
    ['absent=7', 1, 'ANNOTATION_MISMATCH'],
  ])('with --annotation %s ends with %i', async (annotation, code, reason) => {
    expect(await reports(['--key', world.pub, '--annotation', annotation, signed])).toMatchObject({
      code,
      reports: [{ code: reason }],
    });
  });
});

describe('--tag-bound', () => {
  it('denies a tag that was moved to another signed image', async () => {
    const [one, two] = await Promise.all([world.push('moved:1'), world.push('moved:2')]);
    await Promise.all([one, two].map((reference) => signReference(reference, world.key)));
    const bound = ['--key', world.pub, '--tag-bound'];
    expect(await reports([...bound, one])).toMatchObject({ code: 0, reports: [{ tag: 'bound' }] });
    await ok(['copy', two, one]);
    expect(await reports([...bound, one])).toMatchObject({ code: 1, reports: [{ code: 'TAG_MISMATCH' }] });
    expect(await reports(['--key', world.pub, one])).toMatchObject({ code: 0 });
  });

  it('is not forgotten silently where --signed-reference is given', async () => {
    const done = await signet(['verify', '--key', world.pub, '--signed-reference', 'a.example/b:1', signed]);
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/error\[USAGE\]: .*--tag-bound/) });
  });

  it('compares with --signed-reference where that is given', async () => {
    const bound = ['--key', world.pub, '--tag-bound', '--signed-reference'];
    const mirror = `${world.host}/mirror/app:1.0`;
    await ok(['copy', signed, mirror]);
    expect(await reports(['--key', world.pub, '--tag-bound', mirror])).toMatchObject({ code: 1 });
    expect(await reports([...bound, signed, mirror])).toMatchObject({ code: 0 });
    expect(await reports([...bound, `${world.host}/app:9`, mirror])).toMatchObject({ code: 1 });
  });
});

describe('--platform', () => {
  it('asks for the child, which the signature of the index does not cover', async () => {
    const [index, whole] = await Promise.all([world.pushIndex('multi:1'), world.pushIndex('multi:2')]);
    await signReference(index, world.key);
    await signReference(whole, world.key);
    for (const { digest } of await world.children(whole)) await signReference(whole, world.key, { digest });
    const child = ['--key', world.pub, '--platform', 'linux/arm64'];
    expect(await reports(['--key', world.pub, index])).toMatchObject({ code: 0 });
    expect(await reports([...child, index])).toMatchObject({ code: 1, reports: [{ code: 'NO_SIGNATURE' }] });
    expect(await reports([...child, whole])).toMatchObject({ code: 0 });
    expect((await signet(['verify', '--key', world.pub, '--platform', 'linux', index])).code).toBe(2);
  });
});

describe('many references', () => {
  it('are answered in their order, one report a line, and end with the worst', async () => {
    const missing = `${world.host}/app:missing`;
    const all = [signed, unsigned, missing, signed];
    const done = await reports(['--key', world.pub, ...all]);
    expect(done.reports.map(({ reference, verdict }) => [reference, verdict])).toEqual([
      [signed, 'verified'],
      [unsigned, 'denied'],
      [missing, 'undecided'],
      [signed, 'verified'],
    ]);
    expect(done.code).toBe(1);
    expect((await reports(['--key', world.pub, signed, missing])).code).toBe(3);
    expect((await reports(['--key', world.pub, signed, signed])).code).toBe(0);
  });

  it('come from standard input, among arguments too', async () => {
    const done = await reports(
      ['--key', world.pub, unsigned, '-', '--concurrency', '2'],
      `# images\n${signed}\n\n${unsigned}\n${signed}`,
    );
    expect(done.reports.map(({ verdict }) => verdict)).toEqual(['denied', 'verified', 'denied', 'verified']);
    expect((await reports(['--key', world.pub, '-'], `${signed}\n`.repeat(100))).reports).toHaveLength(100);
  });

  it('go on behind a line that is no reference, which ends with 2', async () => {
    const done = await signet(['verify', '--key', world.pub, '-'], { input: `${signed}\nNOT/a Ref\n${signed}\n` });
    expect(done.code).toBe(2);
    expect(done.stdout.match(/^verified/gm)).toHaveLength(2);
    expect(done.stderr).toMatch(/^error\[REFERENCE_INVALID\]: not an image reference: "NOT\/a Ref"/);
  });

  it('are not asked for at all when an argument is no reference', async () => {
    const done = await signet(['verify', '--verbose', '--key', world.pub, signed, 'NOT/a Ref']);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).not.toContain('GET ');
  });
});

describe('trust', () => {
  it('reads keys from standard input and several from one file', async () => {
    const both = Buffer.concat([readFileSync(otherPub), readFileSync(world.pub)]);
    expect((await signet(['verify', '--key', '-', signed], { input: both })).code).toBe(0);
  });

  it.each([
    ['a private key', () => world.key, 'KEY_WRONG_KIND'],
    ['a missing file', () => '/no/such/file', 'FILE_UNREADABLE'],
    ['a folder', () => import.meta.dirname, 'FILE_UNREADABLE'],
    ['something else', () => new URL('../../package.json', import.meta.url).pathname, 'KEY_'],
  ])('refuses %s with 2', async (_what, path, code) => {
    const done = await signet(['verify', '--key', path(), signed]);
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`error[${code}`) });
  });
});
