import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLayout } from '@signet/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { signet } from '../support/cli.ts';
import { type HostileRegistry, startHostileRegistry } from '../support/hostile-registry.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey, ok } from './cli-world.ts';

/** A registry that counts what it is asked. */
let server: HostileRegistry;
let requests = 0;
let fill: Readonly<Record<string, string>>;
const nowhere = join(tempDir(), 'nowhere');
beforeAll(async () => {
  server = await startHostileRegistry((_, response) => {
    requests += 1;
    response.writeHead(404).end('{}');
  });
  const dir = tempDir();
  const [pair] = await Promise.all([
    makeKey(join(dir, 'k')),
    buildImage(await openLayout(dir, { create: true }), '1', 'hi'),
  ]);
  const [LAYOUT, SIGNED] = [`oci:${dir}:1`, `oci:${dir}:2`];
  await ok(['copy', LAYOUT, SIGNED]);
  await ok(['sign', '--key', pair.key, SIGNED]);
  const [payload, sig] = [join(dir, 'payload'), join(dir, 'sig')];
  await ok(['sign', '--payload-out', payload, LAYOUT]);
  writeFileSync(sig, 'no signature');
  await ok(['sign-blob', '--key', pair.key, sig, '--bundle', join(dir, 'bundle')]);
  const bundle = join(dir, 'bundle');
  fill = {
    ...pair,
    IMAGE: `${server.host}/app:1`,
    HOST: server.host,
    LAYOUT,
    SIGNED,
    payload,
    sig,
    bundle,
    nowhere: `oci:${nowhere}`,
  };
});
afterAll(() => server.stop());
beforeEach(() => {
  requests = 0;
});

/** Every kind of command that asks a registry. */
const onRegistries = [
  'verify --key pub IMAGE IMAGE IMAGE',
  'verify --key pub SIGNED IMAGE',
  'sign --key key IMAGE',
  'sign --key key LAYOUT IMAGE',
  'sign --dry-run IMAGE',
  'attach --key pub --payload payload --signature sig IMAGE',
  'tree IMAGE',
  'inspect IMAGE',
  'copy IMAGE nowhere',
  'copy LAYOUT IMAGE',
  'doctor IMAGE',
  'login HOST --username me --password-stdin',
];
/** The same ones where they have to do with a layout or a file alone. */
const withoutRegistry = [
  'verify --key pub SIGNED',
  'sign --key key SIGNED',
  'sign --dry-run LAYOUT',
  'tree LAYOUT',
  'inspect SIGNED',
  'inspect bundle',
  'copy LAYOUT SIGNED',
  'doctor LAYOUT',
];

function filled(line: string): readonly string[] {
  return line.split(' ').map((arg) => fill[arg] ?? arg);
}

/** The home folder of somebody whose docker configuration this is. */
function homeWith(content: string): string {
  const home = tempDir();
  mkdirSync(join(home, '.docker'));
  writeFileSync(join(home, '.docker', 'config.json'), content);
  return home;
}

const brokenHome = homeWith('{"auths":');
const broken = join(brokenHome, '.docker', 'config.json');
const input = 'secret';

const refused = (why: string): object => ({
  code: 2,
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^error\\[CREDENTIALS\\]: [^\n]*${why}\nhint: [^\n]*\n$`)),
});

describe('a registry configuration that cannot be read is told once, with 2 and before any request', () => {
  it.each([...onRegistries, 'logout HOST'])('signet %s', async (line) => {
    const named = await signet([...filled(line), '--registry-config', broken], { input });
    expect(named).toMatchObject(refused('is not a registry configuration'));
    const atHome = await signet(filled(line), { input, env: { HOME: brokenHome } });
    expect(atHome).toMatchObject(refused('is not a registry configuration'));
    expect(requests).toBe(0);
    expect(existsSync(nowhere)).toBe(false);
  });

  it("podman's too", async () => {
    const done = await signet(filled('tree IMAGE'), { env: { HOME: tempDir(), REGISTRY_AUTH_FILE: broken } });
    expect(done).toMatchObject(refused('is not a registry configuration'));
    expect(requests).toBe(0);
  });

  it('and for each reference of a list that comes by standard input, where those before it went well', async () => {
    const list = `${fill.SIGNED}\n${fill.IMAGE}\n${fill.IMAGE}\n`;
    const done = await signet(filled('verify --key pub -'), { input: list, env: { HOME: brokenHome } });
    expect(done).toMatchObject({ code: 2, stdout: expect.stringContaining('verified') });
    expect(done.stderr.match(/error\[CREDENTIALS\]/g)).toHaveLength(2);
    expect(requests).toBe(0);
  });
});

describe('a file that was named and is not there is told so, whatever the command is about', () => {
  const all = [...onRegistries, ...withoutRegistry, 'logout HOST'];
  it.each(all.filter((line) => !line.startsWith('login')))('signet %s', async (line) => {
    const done = await signet([...filled(line), '--registry-config', join(tempDir(), 'missing.json')]);
    expect(done).toMatchObject(refused('does not exist'));
    expect(requests).toBe(0);
  });

  it('but a login makes it', async () => {
    const file = join(tempDir(), 'new', 'config.json');
    const answering = await startHostileRegistry((_, response) => void response.writeHead(200).end('{}'));
    const args = ['login', answering.host, '--username', 'me', '--password-stdin', '--registry-config', file];
    expect(await signet(args, { input }).finally(() => answering.stop())).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(true);
  });
});

describe('layouts and files need no login', () => {
  it.each(withoutRegistry)('signet %s goes on beside a broken docker configuration', async (line) => {
    expect(await signet(filled(line), { env: { HOME: brokenHome } })).toMatchObject({ code: 0 });
  });

  it.each(withoutRegistry)('signet %s does not take a broken one that was named', async (line) => {
    const done = await signet([...filled(line), '--registry-config', broken]);
    expect(done).toMatchObject(refused('is not a registry configuration'));
  });
});

it('a configuration that can be read lets the request through', async () => {
  const done = await signet(filled('tree IMAGE'), { env: { HOME: homeWith('{}') } });
  expect(done).toMatchObject({ code: 3, stderr: expect.stringContaining('error[NOT_FOUND]') });
  expect(requests).toBeGreaterThan(0);
});
