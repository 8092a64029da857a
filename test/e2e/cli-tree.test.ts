import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, ok, signReference } from './cli-world.ts';

let world: CliWorld;
let image: string;
let index: string;
beforeAll(async () => {
  world = await createCliWorld();
  [image, index] = await Promise.all([world.push('app:1.0'), world.pushIndex('multi:1')]);
  const other = await makeKey(`${world.dir}/other`, 'ed25519');
  await signReference(image, world.key, { annotations: { note: '\u001b[2Jbell\u0007' } });
  await signReference(image, other.key);
  await signReference(index, world.key);
});
afterAll(() => world.server.stop('SIGKILL'));

describe('tree', () => {
  it('shows platforms and signatures, as text and as JSON', async () => {
    const { stdout } = await ok(['tree', index]);
    expect(stdout).toContain(index);
    for (const text of ['linux/amd64', 'linux/arm64', 'sigstore']) expect(stdout).toContain(text);
    const { root, gaps, reference } = JSON.parse((await ok(['tree', index, '--output', 'json'])).stdout);
    expect({ reference, gaps }).toEqual({ reference: index, gaps: [] });
    expect(root.children.map((child: { link: { kind: string } }) => child.link.kind).sort()).toEqual([
      'platform',
      'platform',
      'referrer',
    ]);
  });

  it('reads a layout on disk', async () => {
    const layout = `oci:${world.dir}/tree-layout:1.0`;
    await ok(['copy', image, layout]);
    expect((await ok(['tree', layout])).stdout.match(/sigstore/g)).toHaveLength(2);
  });

  it.each([
    ['a missing tag', () => `${world.host}/app:missing`, 3, 'NOT_FOUND'],
    ['no reference', () => 'app:1:2', 2, 'REFERENCE_INVALID'],
    ['a missing layout', () => 'oci:/no/such/folder:1', 3, 'NOT_FOUND'],
  ])('ends for %s with its code', async (_what, reference, code, error) => {
    expect(await signet(['tree', reference()])).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(`error[${error}]`),
    });
  });
});

describe('inspect', () => {
  it('shows every signature of an image, unverified and escaped', async () => {
    const { stdout } = await ok(['inspect', image]);
    expect(stdout.match(/UNVERIFIED/g)).toHaveLength(2);
    expect(stdout).toContain('\\u{1b}[2Jbell\\u{7}');
    expect(stdout).not.toContain('\u001b');
    const lines = jsonLines((await ok(['inspect', image, '-o', 'json'])).stdout);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatchObject({ format: 'sigstore', verified: false });
  });

  it('shows one signature by its digest', async () => {
    const [first] = jsonLines((await ok(['inspect', image, '-o', 'json'])).stdout);
    const { stdout } = await ok(['inspect', `${world.host}/app@${String(first?.origin)}`, '-o', 'json']);
    expect(jsonLines(stdout)).toEqual([first]);
  });

  it('says so where nothing is attached', async () => {
    const bare = await world.push('bare:1');
    expect((await ok(['inspect', bare])).stdout).toBe(`${bare}: no signature is attached\n`);
    expect((await ok(['inspect', bare, '-o', 'json'])).stdout).toBe('');
  });

  it('ends with 3 where the image cannot be read', async () => {
    expect((await signet(['inspect', `${world.host}/app:missing`])).code).toBe(3);
  });
});
