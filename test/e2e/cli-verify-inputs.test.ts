import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, jsonLines, signReference } from './cli-world.ts';

let world: CliWorld;
let signed: string;
let unsigned: string;
let deploy: string;
beforeAll(async () => {
  world = await createCliWorld();
  [signed, unsigned] = await Promise.all([world.push('app:1.0'), world.push('app:bare')]);
  await signReference(signed, world.key);
  deploy = join(world.dir, 'deploy');
  mkdirSync(join(deploy, 'sub'), { recursive: true });
  writeFileSync(join(deploy, 'web.yaml'), manifest('web', signed, unsigned));
  writeFileSync(join(deploy, 'sub/api.yaml'), manifest('api', unsigned, signed));
});
afterAll(() => world.server.stop('SIGKILL'));

const manifest = (name: string, app: string, init: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      initContainers:
        - name: prepare
          image: ${init}
      containers:
        - name: app
          image: ${app}
`;
const verify = (...args: readonly string[]) => signet(['verify', '--key', world.pub, ...args]);

describe('verify -f', () => {
  it('verifies each image once and reports it at each place', async () => {
    const done = await verify('--verbose', '-f', deploy);
    expect(done.code).toBe(1);
    expect(done.stdout.match(/^(?:verified|denied)/gm)).toEqual(['verified', 'denied']);
    expect(done.stdout).toMatch(
      /^denied .*NO_SIGNATURE\n {2}at {8}\S+sub\/api\.yaml:13:18 \(Deployment api, container app\)\n {12}\S+web\.yaml:10:18 \(Deployment web, init container prepare\)\n/m,
    );
    expect(done.stderr.match(/GET \S+\/manifests\/bare /g)).toHaveLength(1);
  });

  it('has a document for each place in JSON, SARIF and JUnit', async () => {
    const json = jsonLines((await verify('-f', deploy, '-o', 'json')).stdout);
    const at = (path: string, line: number) => ({ file: join(deploy, path), line, column: 18 });
    expect(json.map(({ reference, use }) => [reference, use])).toEqual([
      [signed, { place: at('sub/api.yaml', 10), within: 'Deployment api, init container prepare' }],
      [signed, { place: at('web.yaml', 13), within: 'Deployment web, container app' }],
      [unsigned, { place: at('sub/api.yaml', 13), within: 'Deployment api, container app' }],
      [unsigned, { place: at('web.yaml', 10), within: 'Deployment web, init container prepare' }],
    ]);
    const [run] = JSON.parse((await verify('-f', deploy, '-o', 'sarif')).stdout).runs;
    expect(run.results).toMatchObject([
      {
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: `file://${deploy}/sub/api.yaml` }, region: { startLine: 13 } },
          },
        ],
      },
      { locations: [{ physicalLocation: { region: { startLine: 10, startColumn: 18 } } }] },
    ]);
    const junit = new DOMParser().parseFromString((await verify('-f', deploy, '-o', 'junit')).stdout, 'text/xml');
    expect([...junit.getElementsByTagName('testsuite')].map((suite) => suite.getAttribute('failures'))).toEqual([
      '1',
      '1',
    ]);
  });

  it('reads standard input, and several files', async () => {
    const done = await signet(['verify', '--key', world.pub, '-f', '-'], { input: manifest('web', signed, signed) });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/at {8}-:10:18/) });
    expect((await verify('-f', join(deploy, 'web.yaml'), '-f', join(deploy, 'sub/api.yaml'))).code).toBe(1);
  });

  it('counts what may name an image and cannot be read as undecided, at its place', async () => {
    const path = join(world.dir, 'odd.yaml');
    writeFileSync(path, manifest('web', signed, '"no image"'));
    const done = await verify('-f', path);
    expect(done.code).toBe(3);
    expect(done.stdout).toMatch(/^verified/);
    expect(done.stderr).toMatch(/^error\[INPUT_UNREAD\]: \S+odd\.yaml:10:18: .*IMAGE_INVALID/);
    const [run] = JSON.parse((await verify('-f', path, '-o', 'sarif')).stdout).runs;
    expect(run.invocations[0]).toMatchObject({ executionSuccessful: false, toolExecutionNotifications: [{}] });
  });

  it('finds images of custom resources by --image-path, and of Dockerfiles by --build-arg', async () => {
    const dir = join(world.dir, 'custom');
    mkdirSync(dir);
    const app = 'apiVersion: example.com/v1\nkind: App\nspec:\n  run: {image: IMAGE, tools: [IMAGE]}\n';
    writeFileSync(join(dir, 'app.yaml'), app.replaceAll('IMAGE', signed));
    writeFileSync(join(dir, 'Dockerfile'), `ARG BASE\nFROM ${world.host}/$BASE\n`);
    expect(await verify('-f', dir)).toMatchObject({ code: 3, stdout: '' });
    const args = ['--image-path', 'example.com/v1/App=$.spec.run', '--image-path', 'example.com/v1/App=$..tools[*]'];
    const done = await verify('-f', dir, ...args, '--build-arg', 'BASE=app:1.0');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout.match(/[\w.]+:\d+:\d+ \(.*\)/g)).toEqual([
      'Dockerfile:2:6 (from 0)',
      'app.yaml:4:16 (App, spec.run.image)',
      `app.yaml:4:${26 + signed.length} (App, spec.run.tools[0])`,
    ]);
    const none = await verify('-f', join(dir, 'app.yaml'), '--image-path', 'example.com/*/App=');
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('no image is named') });
  });

  it('takes the value of a build argument from the environment where none is given', async () => {
    const args = ['verify', '--key', world.pub, '-f', '-', '--build-arg', 'BASE'];
    const input = `ARG BASE\nFROM ${world.host}/$BASE\n`;
    expect((await signet(args, { input, env: { BASE: 'app:1.0' } })).code).toBe(0);
    expect(await signet(args, { input })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such variable'),
    });
  });

  it.each([
    ['no kind', ['--image-path', '=$.a'], 'USAGE'],
    ['no path', ['--image-path', 'example.com/v1/App'], 'USAGE'],
    ['a kind that is none', ['--image-path', 'App=$.a'], 'WORKLOAD_PATH_INVALID'],
    ['a path that is none', ['--image-path', 'v1/App=spec'], 'WORKLOAD_PATH_INVALID'],
    ['an argument that is none', ['--build-arg', '1=2'], 'USAGE'],
    ['an argument twice', ['--build-arg', 'A=2', '--build-arg', 'A=3'], 'USAGE'],
  ])('refuses %s before any file is read', async (_what, args, code) => {
    for (const command of ['verify', 'pin'])
      expect(await signet([command, '--key', world.pub, '-f', deploy, ...args])).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(new RegExp(`^error\\[${code}\\]`)),
      });
  });

  it('refuses them where nothing is read', async () => {
    for (const args of [
      ['verify', '--key', world.pub, signed, '--image-path', 'v1/App=$.a'],
      ['audit', world.host, '--policy', 'p', '--out', 'o', '--build-arg', 'A=1'],
    ])
      expect(await signet(args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('-f names, which is missing'),
      });
  });

  it('goes on behind a file that is no YAML, which ends with 2', async () => {
    const dir = join(world.dir, 'mixed');
    mkdirSync(dir);
    writeFileSync(join(dir, 'a.yaml'), 'a: [');
    writeFileSync(join(dir, 'b.yaml'), manifest('web', signed, signed));
    const done = await verify('-f', dir);
    expect(done).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^verified/),
      stderr: expect.stringContaining('a.yaml:1:'),
    });
  });

  it.each([
    ['no image', ['verify', '--key', 'k']],
    ['both', ['verify', '--key', 'k', '-f', 'x', 'r.example/a']],
  ])('refuses %s', async (_what, args) => {
    expect(await signet(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('error[USAGE]') });
  });

  it('refuses what names no image at all', async () => {
    const path = join(world.dir, 'none.yaml');
    writeFileSync(path, 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n');
    expect(await verify('-f', path)).toMatchObject({ code: 2, stderr: expect.stringContaining('no image is named') });
  });
});
