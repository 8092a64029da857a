import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built, signet, signetProgram } from '../support/cli.ts';
import { run } from '../support/process.ts';
import { type CliWorld, createCliWorld, makeKey, ok, signReference } from './cli-world.ts';

let world: CliWorld;
let signed: string;
let unsigned: string;
beforeAll(async () => {
  world = await createCliWorld();
  [signed, unsigned] = await Promise.all([world.push('app:1.0'), world.push('app:unsigned')]);
  await signReference(signed, world.key);
  await built();
});
afterAll(() => world.server.stop('SIGKILL'));

/** A shell line in which `signet` is the program; gives what it printed and its exit code. */
async function shell(line: string): ReturnType<typeof run> {
  const preface =
    'set -o pipefail; node=$1 script=$2 pub=$3 key=$4 signed=$5 unsigned=$6; signet() { "$node" "$script" "$@"; };';
  const values = [process.execPath, signetProgram, world.pub, world.key, signed, unsigned];
  return run('bash', ['-c', `${preface} ${line}`, 'bash', ...values]);
}

describe('a list on standard input', () => {
  it.each(['', '\n# nothing today\n'])('that is empty is an error, never "all verified": %j', async (input) => {
    const expected = { code: 2, stdout: '', stderr: expect.stringMatching(/^error\[USAGE\]: .*list.*empty\nhint: /) };
    expect(await signet(['verify', '--key', world.pub, '-'], { input })).toMatchObject(expected);
    expect(await signet(['sign', '--key', world.key, '-'], { input })).toMatchObject(expected);
    const mixed = await signet(['verify', '--key', world.pub, signed, '-'], { input });
    expect(mixed).toMatchObject({ code: 2, stdout: expect.stringContaining('verified'), stderr: expected.stderr });
  });

  it('that breaks off does not hide a denial before it', async () => {
    const input = `${unsigned}\n${'x'.repeat(20_000)}`;
    const done = await signet(['verify', '--key', world.pub, '-'], { input });
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('error[USAGE]: a line of standard input') });
    expect(done.stdout).toContain('NO_SIGNATURE');
  });

  it('is left when nobody reads the answers any more, and that is no success', async () => {
    const done = await shell('yes "$signed" | signet verify --key "$pub" - | head -1; echo $?');
    expect(done.stdout).toMatch(/^verified.*\n2\n$/);
    expect(done.stderr).toContain('error[FILE_UNWRITABLE]: nobody reads standard output');
  });
});

describe('standard input', () => {
  it.each([
    ['verify', '--key', '-', '-'],
    ['sign', '--key', '-', '-'],
    ['sign-blob', '--key', '-', '-'],
    ['verify-blob', '--key', '-', '--bundle', 'x', '-'],
    ['verify-blob', '--key', '-', '--bundle', '-', 'x'],
    ['attach', '--key', '-', '--payload', '-', '--signature', '-', 'a:1'],
  ])('is read once: signet %s %s %s %s', async (...args) => {
    const input = args[0]?.startsWith('sign') ? readFileSync(world.key) : readFileSync(world.pub);
    const at = args.indexOf('x');
    const file = join(world.dir, 'some-bundle');
    writeFileSync(file, '{}');
    if (at >= 0) args[at] = file;
    expect(await signet(args, { input })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error\[USAGE\]: standard input \(-\) is named twice/),
    });
  });

  it('that is a folder is no empty file', async () => {
    const done = await shell('signet sign-blob --key "$key" - < /; echo $?; signet verify --key "$pub" - < /; echo $?');
    expect(done.stdout).toBe('2\n2\n');
    expect(done.stderr).toMatch(/^(?:error\[FILE_UNREADABLE\]: cannot read standard input: it is a folder\n){2}$/);
  });

  it('may hold the bundle of a file', async () => {
    const file = join(world.dir, 'blob');
    writeFileSync(file, 'some bytes');
    const { stdout: input } = await ok(['sign-blob', '--key', world.key, '--bundle', '-', file]);
    expect(await signet(['verify-blob', '--key', world.pub, '--bundle', '-', file], { input })).toMatchObject({
      code: 0,
    });
    const other = await makeKey(join(world.dir, 'stranger'));
    expect(await signet(['verify-blob', '--key', other.pub, '--bundle', '-', file], { input })).toMatchObject({
      code: 1,
    });
  });
});

describe('Ctrl-C while a list is waited for', () => {
  it('ends with 130 and says so', async () => {
    const child = spawn(process.execPath, [signetProgram, 'verify', '--key', world.pub, '-']);
    const heard = { out: '', err: '' };
    child.stdout.on('data', (piece) => {
      heard.out += piece;
      child.kill('SIGINT');
    });
    child.stderr.on('data', (piece) => {
      heard.err += piece;
    });
    child.stdin.write(`${signed}\n`);
    const code = await new Promise((closed) => child.on('close', closed));
    expect({ code, ...heard }).toMatchObject({
      code: 130,
      out: expect.stringMatching(/^verified/),
      err: 'error[INTERRUPTED]: interrupted\n',
    });
  });
});

describe.runIf(existsSync('/dev/full'))('standard output on a full disk', () => {
  it.each([
    ['verify --key "$pub" "$signed"', 2],
    ['verify --key "$pub" "$unsigned"', 1],
    ['verify --output json --key "$pub" "$signed" "$signed"', 2],
    ['key convert --public "$key"', 2],
    ['sign-blob --key "$key" --bundle - "$pub"', 2],
    ['completion bash', 2],
    ['--help', 2],
  ])('is an error, and does not hide a denial: signet %s', async (line, code) => {
    const done = await shell(`signet ${line} > /dev/full; echo $?`);
    expect(done.stdout).toBe(`${code}\n`);
    expect(done.stderr).toBe('error[FILE_UNWRITABLE]: cannot write standard output: no space left\n');
  });
});

describe('inspect of a name without a folder', () => {
  it('says that no such file is there before it asks Docker Hub', async () => {
    const proxy = { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' };
    const { code, stderr } = await signet(['inspect', 'app.sigstore.json', '--timeout', '1s'], { env: proxy });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^note: there is no file app\.sigstore\.json; taken for docker\.io\/library\//);
  });
});

describe('what is no signature', () => {
  it('ends inspect with 3', async () => {
    const done = await signet(['inspect', '-'], { input: '{"no":"signature"}' });
    expect(done).toMatchObject({ code: 3, stdout: expect.stringMatching(/problem/) });
  });
});

describe('-- before the command', () => {
  it('ends the global options', async () => {
    expect(await signet(['--', 'version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^signet /) });
    expect(await signet(['-o', 'json', '--', 'version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^{/),
    });
    expect(await signet(['--'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage: signet') });
  });
});
