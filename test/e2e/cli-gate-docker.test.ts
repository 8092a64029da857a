import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { switches } from '../../packages/admission/src/index.ts';
import { signet, startSignet } from '../support/cli.ts';
import type { StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey } from './cli-world.ts';

let folder: string;
let socket: string;
let policy: string;
let gate: StartedProcess;
const rule = (mode: string) =>
  `version: 1\ntrust: { team: { keys: [k.pub] } }\nrules:\n  - { images: ["r.example/**"], mode: ${mode} }\n`;

beforeAll(async () => {
  folder = tempDir();
  await makeKey(join(folder, 'k'));
  policy = join(folder, 'policy.yaml');
  writeFileSync(policy, rule('skip'));
  socket = join(folder, 'run/docker.sock');
  gate = await start(['--reload', '100ms']);
});

afterAll(() => gate.stop());

const start = (args: readonly string[], at = socket): Promise<StartedProcess> =>
  startSignet(['gate', 'docker', '--policy', policy, '--socket', at, ...args], {
    ready: /signet gates docker at (\S+)/,
  });

function pull(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, method: 'POST', path: '/AuthZPlugin.AuthZReq', agent: false });
    sent.on('error', reject).on('response', (response) => json(response).then(resolve, reject));
    sent.end(JSON.stringify({ RequestMethod: 'POST', RequestUri: '/images/create?fromImage=r.example/app&tag=1' }));
  });
}

describe('signet gate docker', () => {
  it('answers by its policy, and by a new one once it is there; a broken one changes nothing', async () => {
    expect(await pull()).toEqual({ Allow: true });
    writeFileSync(policy, 'version: 1\nrules: 7\n');
    await vi.waitFor(() => expect(gate.output()).toContain('policy is broken'), { timeout: 20_000 });
    expect(await pull()).toEqual({ Allow: true });
    writeFileSync(policy, rule('skip').replace('r.example', 'other.example'));
    await vi.waitFor(async () => expect(await pull()).toMatchObject({ Allow: false }), { timeout: 20_000 });
    writeFileSync(policy, rule('skip'));
    await vi.waitFor(async () => expect(await pull()).toEqual({ Allow: true }), { timeout: 20_000 });
  });

  it('does not start where another one listens, without a policy, or with a wrong --allow', async () => {
    const second = await signet(['gate', 'docker', '--policy', policy, '--socket', socket]);
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('error[SOCKET_IN_USE]') });
    expect(await signet(['gate', 'docker', '--socket', join(folder, 'x')])).toMatchObject({ code: 2 });
    const wrong = await signet(['gate', 'docker', '--policy', policy, '--allow', 'everything']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining(switches.join(', ')) });
    expect(await pull()).toEqual({ Allow: true });
  });

  it('opens what --allow names, ends on SIGTERM and takes its socket away', async () => {
    const at = join(folder, 'other.sock');
    const other = await start(
      switches.flatMap((name) => ['--allow', name]),
      at,
    );
    expect(existsSync(at)).toBe(true);
    await other.stop('SIGTERM');
    expect(other.child.exitCode).toBe(0);
    expect(existsSync(at)).toBe(false);
  });

  it('is explained with every way that it closes', async () => {
    const page = readFileSync(new URL('../../docs/gates.md', import.meta.url), 'utf8');
    const { stdout } = await signet(['gate', 'docker', '--help']);
    for (const name of switches) {
      expect(stdout).toContain(`${name} (`);
      expect(page).toContain(name);
    }
  });
});
