import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { built, signet, signetProgram } from '../support/cli.ts';
import type { RunResult } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, deadPort, makeKey, signReference } from './cli-world.ts';

let world: CliWorld;
let policy: string;
/** Signed by the trusted key, by another one, by nobody. */
let app: string;
let foreign: string;
let plain: string;

beforeAll(async () => {
  world = await createCliWorld();
  const other = await makeKey(join(world.dir, 'other'));
  [app, foreign, plain] = await Promise.all([world.push('app:1'), world.push('foreign:1'), world.push('plain:1')]);
  await signReference(app, world.key);
  await signReference(foreign, other.key);
  policy = policyFile('policy.yaml', `  - images: ["${world.host}/**"]\n    require: { any: [team] }\n`);
});

afterAll(() => world.server.stop());

function policyFile(name: string, rules: string): string {
  const path = join(world.dir, name);
  writeFileSync(path, `version: 1\ntrust:\n  team: { keys: [k.pub] }\nrules:\n${rules}`);
  return path;
}

/** As containerd calls it: without an environment, and with all that it knows on standard input. */
async function pull(flags: readonly string[], name: string, digest: string): Promise<RunResult> {
  const call = ['-name', name, '-digest', digest, '-stdin-media-type', 'application/vnd.oci.descriptor.v1+json'];
  const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 500 };
  return await signet(['gate', 'containerd', ...flags, '--', ...call], {
    input: `${JSON.stringify(descriptor)}\n`,
    env: { HOME: undefined, XDG_CACHE_HOME: undefined, DOCKER_CONFIG: undefined },
  });
}

describe('signet gate containerd', () => {
  it('lets a signed image pass, and says why on standard output', async () => {
    const done = await pull(['--policy', policy], app, await world.digestOf(app));
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain(`${app}@`);
    expect(done.stdout).toContain('verified (VERIFIED): signed by team');
  });

  it('stops one that nobody signed, and one that somebody else signed', async () => {
    const unsigned = await pull(['--policy', policy], plain, await world.digestOf(plain));
    expect(unsigned).toMatchObject({ code: 1, stdout: expect.stringContaining('denied (NO_SIGNATURE)') });
    const wrong = await pull(['--policy', policy], foreign, await world.digestOf(foreign));
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('denied (NOT_TRUSTED)') });
  });

  it('decides about the digest that is pulled, whatever the tag names now', async () => {
    const before = await world.push('moved:1', 'before');
    await signReference(before, world.key);
    const signed = await world.digestOf(before);
    await world.push('moved:1', 'after');
    const unsigned = await world.digestOf(before);
    expect(unsigned).not.toBe(signed);
    expect(await pull(['--policy', policy], before, signed)).toMatchObject({ code: 0 });
    expect(await pull(['--policy', policy], before, unsigned)).toMatchObject({ code: 1 });
  });

  it('lets a tag choose a rule only if it names the digest that is pulled', async () => {
    const lenient = policyFile(
      'tags.yaml',
      `  - images: ["${world.host}/**"]\n    require: { any: [team] }\n  - images: ["${world.host}/rolling:dev"]\n    mode: skip\n`,
    );
    const dev = await world.push('rolling:dev', 'dev');
    const digest = await world.digestOf(dev);
    expect(await pull(['--policy', lenient], dev, digest)).toMatchObject({ code: 0 });
    await world.push('rolling:dev', 'newer');
    expect(await pull(['--policy', lenient], dev, digest)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('denied (NO_SIGNATURE)'),
    });
  });

  it('stops what no rule is for, without asking the registry', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const done = await pull(['--policy', policy], `127.0.0.1:${await deadPort()}/app:1`, digest);
    expect(done).toMatchObject({ code: 1, stdout: expect.stringContaining('denied (NO_RULE)') });
  });

  it('stops what it could not decide, with the reason', async () => {
    const port = await deadPort();
    const dead = policyFile('dead.yaml', `  - images: ["127.0.0.1:${port}/**"]\n    require: { any: [team] }\n`);
    const done = await pull(
      ['--policy', dead, '--timeout', '5s'],
      `127.0.0.1:${port}/app:1`,
      `sha256:${'a'.repeat(64)}`,
    );
    expect(done).toMatchObject({ code: 3, stdout: expect.stringContaining('undecided (') });
  });

  it.each<readonly [string, readonly string[], number]>([
    ['without a policy', [], 2],
    ['with a policy that is not there', ['--policy', '/nowhere/policy.yaml'], 2],
    ['with a server that does not answer, and no policy', ['--server', '/nowhere/s'], 3],
  ])('stops everything %s: the reason is on standard output, where containerd reads it', async (_how, flags, code) => {
    const done = await pull(flags, app, await world.digestOf(app));
    expect(done).toMatchObject({ code, stdout: expect.stringMatching(/^error\[[A-Z_]+\]: /) });
  });

  it('stops a pull by a broken policy', async () => {
    const broken = policyFile('broken.yaml', '  - images: 7\n');
    const done = await pull(['--policy', broken], app, await world.digestOf(app));
    expect(done).toMatchObject({ code: 2, stdout: expect.stringContaining('error[POLICY_INVALID]') });
  });

  it('answers in its own time where standard input never ends', async () => {
    await built();
    const digest = await world.digestOf(app);
    const call = ['-name', app, '-digest', digest, '-stdin-media-type', 'application/vnd.oci.descriptor.v1+json'];
    const args = [signetProgram, 'gate', 'containerd', '--policy', policy, '--timeout', '2s', '--', ...call];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.write('{');
    const [output, code] = await Promise.all([text(child.stdout), new Promise((done) => child.on('close', done))]);
    expect(output).toContain('error[TIMEOUT]');
    expect(code).toBe(3);
  });

  it('asks the server first, and takes its word', async () => {
    const digest = await world.digestOf(plain);
    const report = {
      reference: `${plain}@${digest}`,
      verdict: 'verified',
      code: 'VERIFIED',
      allowed: true,
      digest,
      summary: 'said the server',
    };
    const socket = await serving({ results: [{ image: report.reference, report }] });
    const done = await pull(['--policy', policy, '--server', socket], plain, digest);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('said the server') });
  });

  it('decides by itself where the server fails, and says so on standard error', async () => {
    const socket = await serving({ results: [] });
    const yes = await pull(['--policy', policy, '--server', socket], app, await world.digestOf(app));
    expect(yes).toMatchObject({ code: 0, stderr: expect.stringContaining('error[RESIDENT_FAILED]') });
    const no = await pull(['--policy', policy, '--server', socket], plain, await world.digestOf(plain));
    expect(no).toMatchObject({ code: 1, stdout: expect.stringContaining('denied (NO_SIGNATURE)') });
  });

  it('reads logins from --registry-config', async () => {
    const config = join(world.dir, 'broken-config.json');
    writeFileSync(config, '{');
    const done = await pull(['--policy', policy, '--registry-config', config], app, await world.digestOf(app));
    expect(done).toMatchObject({ code: 2, stdout: expect.stringContaining('error[CREDENTIALS]') });
  });
});

async function serving(body: unknown): Promise<string> {
  const socket = join(tempDir(), 's');
  const server = createServer((request, response) => {
    request.resume().on('end', () => void response.end(JSON.stringify(body)));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((done) => void server.listen(socket, done));
  return socket;
}
