import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { openLayout } from '@signet/oci';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { built, signetProgram } from '../support/cli.ts';
import { type HostileRegistry, startHostileRegistry } from '../support/hostile-registry.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey } from './cli-world.ts';

/** A registry that takes requests and never answers. */
let server: HostileRegistry;
let asked: () => void = () => undefined;
let fill: Readonly<Record<string, string>>;
beforeAll(async () => {
  await built();
  const dir = tempDir();
  server = await startHostileRegistry(() => asked());
  await buildImage(await openLayout(join(dir, 'layout'), { create: true }), '1', 'hello');
  const pair = await makeKey(join(dir, 'k'));
  fill = { IMAGE: `${server.host}/app:1`, LAYOUT: `oci:${join(dir, 'layout')}:1`, HOST: server.host, ...pair };
});
afterAll(() => server.stop());

it.each([
  'doctor IMAGE',
  'tree IMAGE',
  'inspect IMAGE',
  'copy IMAGE LAYOUT-2',
  'copy LAYOUT IMAGE',
  'login HOST --username me --password-stdin',
  'verify --key pub IMAGE IMAGE',
  'sign --key key IMAGE',
  'sign --key key --payload-out - IMAGE',
])('Ctrl-C while the registry is silent is an interruption: signet %s', async (line) => {
  const args = line.split(' ').map((arg) => fill[arg] ?? arg.replace('LAYOUT', fill.LAYOUT ?? ''));
  const env = { ...process.env, DOCKER_CONFIG: tempDir() };
  const child = spawn(process.execPath, [signetProgram, ...args], { env });
  asked = () => void child.kill('SIGINT');
  const heard = { out: '', err: '' };
  child.stdout.on('data', (piece) => {
    heard.out += piece;
  });
  child.stderr.on('data', (piece) => {
    heard.err += piece;
  });
  child.stdin.on('error', () => {});
  child.stdin.end('secret\n');
  const code = await new Promise((closed) => child.on('close', closed));
  expect({ code, ...heard }).toEqual({ code: 130, out: '', err: 'error[INTERRUPTED]: interrupted\n' });
});
