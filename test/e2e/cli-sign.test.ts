import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { itWithPeers, needPeer, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, ok } from './cli-world.ts';

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld();
});
afterAll(() => world.server.stop('SIGKILL'));

/** Signs with JSON output. */
async function sign(...args: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  return jsonLines((await ok(['sign', '--key', world.key, '-o', 'json', ...args])).stdout);
}

function verify(...args: readonly string[]): Promise<number> {
  return signet(['verify', '--key', world.pub, ...args]).then(({ code }) => code);
}

describe('sign', () => {
  it('says which digest was signed, under which name, and where it is stored', async () => {
    const image = await world.push('app:1.0');
    const digest = await world.digestOf(image);
    const done = await ok(['sign', '--key', world.key, image]);
    expect(done.stderr).toBe('');
    expect(done.stdout).toMatch(
      new RegExp(
        `^signed {2}${image}@${digest}\n {2}as +${image}\n {2}signature {2}sigstore sha256:[0-9a-f]{64} .*\n$`,
      ),
    );
    expect(await verify('--tag-bound', image)).toBe(0);
  });

  it('stores the same signature once, unless --force', async () => {
    const image = await world.push('once:1.0');
    const [first] = await sign(image);
    expect(await sign(image)).toMatchObject([{ outcome: 'already-there', signature: first?.signature }]);
    expect(await sign(image, '--force')).toMatchObject([{ outcome: 'new' }]);
    expect(await sign(image, '--annotation', 'build=8')).toMatchObject([{ outcome: 'new' }]);
    expect(jsonLines((await ok(['inspect', image, '-o', 'json'])).stdout)).toHaveLength(3);
  });

  it('signs many in their order, also from standard input, and goes on behind one that fails', async () => {
    const images = await Promise.all(['many:1', 'many:2', 'many:3'].map((name) => world.push(name)));
    expect((await sign(...images)).map(({ reference }) => reference)).toEqual(images);
    const missing = `${world.host}/many:missing`;
    const done = await signet(['sign', '--key', world.key, '-', '-o', 'json', '--annotation', 'a=b'], {
      input: [images[0], missing, images[1]].join('\n'),
    });
    expect(done.code).toBe(3);
    expect(jsonLines(done.stdout).map(({ reference }) => reference)).toEqual([images[0], images[1]]);
    expect(done.stderr).toContain(`error[NOT_FOUND]: ${missing}: `);
  });

  it('signs REPOSITORY:TAG@DIGEST, and refuses it with 1 where the tag names another', async () => {
    const [one, two] = await Promise.all([world.push('pinned:1'), world.push('pinned:2')]);
    const digests = await Promise.all([one, two].map((image) => world.digestOf(image)));
    expect(await sign(`${one}@${digests[0]}`)).toMatchObject([{ digest: digests[0], signedReference: one }]);
    const moved = await signet(['sign', '--key', world.key, `${one}@${digests[1]}`]);
    expect(moved).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('error[SUBJECT_CHANGED]') });
    expect(await verify(two)).toBe(1);
  });

  it('leaves the name out with --no-tag, and signs another with --signed-reference', async () => {
    const [bare, named] = await Promise.all([world.push('bare:1'), world.push('named:1')]);
    await sign(bare, '--no-tag');
    expect(await Promise.all([verify(bare), verify('--tag-bound', bare)])).toEqual([0, 1]);
    await sign(named, '--signed-reference', 'registry.example.com/app:1.0');
    expect(await verify('--tag-bound', named)).toBe(1);
    expect(await verify('--tag-bound', '--signed-reference', 'registry.example.com/app:1.0', named)).toBe(0);
  });

  it('signs an index, and with --recursive the image of every platform', async () => {
    const [index, whole] = await Promise.all([world.pushIndex('multi:1'), world.pushIndex('multi:2')]);
    expect(await sign(index)).toHaveLength(1);
    expect(await sign(whole, '--recursive')).toHaveLength(3);
    const platform = ['--platform', 'linux/arm64'];
    const codes = [verify(index), verify(...platform, index), verify(whole), verify(...platform, whole)];
    expect(await Promise.all(codes)).toEqual([0, 1, 0, 0]);
  });

  it("signs in cosign's older form too, with the tag where podman looks for it", async () => {
    const image = await world.push('older:1');
    expect(await sign(image, '--format', 'cosign')).toMatchObject([{ format: 'cosign', stored: 'sig' }]);
    expect(await sign(image, '--format', 'cosign')).toMatchObject([{ outcome: 'already-there' }]);
    const [inspected] = jsonLines((await ok(['inspect', image, '-o', 'json'])).stdout);
    expect(inspected).toMatchObject({ format: 'cosign', signedReference: image });
    expect(await verify('--tag-bound', image)).toBe(0);
  });

  it('shows with --dry-run what it would sign, needs no key, and writes nothing', async () => {
    const image = await world.push('dry:1');
    const digest = await world.digestOf(image);
    const { stdout } = await ok(['sign', '--dry-run', '--annotation', 'note=\u001b[2J', image]);
    expect(stdout).toContain(`would sign  ${image}@${digest}\n`);
    expect(stdout).not.toContain('\u001b');
    expect(await verify(image)).toBe(1);
    const [line] = jsonLines((await ok(['sign', '--dry-run', '-o', 'json', image])).stdout);
    expect(line).toMatchObject({ digest, payload: { subject: [{ digest: { sha256: digest.slice(7) } }] } });
  });

  it('signs in a layout on disk without any registry', async () => {
    const layout = `oci:${join(tempDir(), 'layout')}:1.0`;
    await ok(['copy', await world.push('disk:1'), layout]);
    const name = 'registry.example.com/app:1.0';
    expect(await sign(layout, '--signed-reference', name)).toMatchObject([{ stored: 'scan', signedReference: name }]);
    expect(await verify('--tag-bound', '--signed-reference', name, layout)).toBe(0);
    expect(await verify('--tag-bound', layout)).toBe(1);
  });

  it('writes the bytes to be signed to a file, once', async () => {
    const image = await world.push('elsewhere:1');
    const file = join(tempDir(), 'payload');
    await ok(['sign', '--payload-out', file, image]);
    expect(readFileSync(file, 'latin1')).toMatch(/^DSSEv1 28 application\/vnd\.in-toto\+json \d+ \{/);
    expect(await signet(['sign', '--payload-out', file, image])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[FILE_EXISTS]'),
    });
    expect(await verify(image)).toBe(1);
  });
});

describe('sign refuses', () => {
  const example = new URL('../../keys.example/p256.key', import.meta.url).pathname;

  it('a wrong password, a missing password, a public key, a sample key, with 2 and before any request', async () => {
    const image = await world.push('refused:1');
    const dir = tempDir();
    await ok(['key', 'generate', '--out', join(dir, 'k')], { env: { SIGNET_PASSWORD: 'right' } });
    const locked = join(dir, 'k.key');
    const examplePassword = { SIGNET_PASSWORD: examplePasswordOf() };
    const cases = [
      [locked, { SIGNET_PASSWORD: 'guess-77' }, 'KEY_PASSWORD_WRONG'],
      [locked, {}, 'PASSWORD_NEEDED'],
      [world.pub, {}, 'KEY_WRONG_KIND'],
      ['/no/such.key', {}, 'FILE_UNREADABLE'],
      [example, examplePassword, 'EXAMPLE_KEY'],
    ] as const;
    for (const [key, env, code] of cases) {
      const done = await signet(['sign', '--verbose', '--key', key, image], { env });
      expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`error[${code}]`) });
      expect(done.stderr).not.toContain('GET ');
      expect(done.stderr).not.toContain('guess-77');
    }
    expect(await verify(image)).toBe(1);
    await ok(['sign', '--key', locked, image], { env: { SIGNET_PASSWORD: 'right' } });
    await ok(['sign', '--key', example, '--allow-example-keys', image], { env: examplePassword });
  });

  it('to trust a sample key, unless told', async () => {
    const image = await world.push('sample:1');
    const pub = example.replace('.key', '.pub');
    const env = { SIGNET_PASSWORD: examplePasswordOf() };
    await ok(['sign', '--key', example, '--allow-example-keys', image], { env });
    expect(await signet(['verify', '--key', pub, image])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[EXAMPLE_KEY\].*sample.*\nhint: .*signet key generate/),
    });
    expect((await signet(['verify', '--key', pub, '--allow-example-keys', image])).code).toBe(0);
  });

  it.each([
    [['--annotation', 'novalue'], 'KEY=VALUE'],
    [['--annotation', 'a=1', '--annotation', 'a=2'], 'twice'],
    [['--no-tag', '--signed-reference', 'a.example/b:1'], 'one of them'],
    [['--signed-reference', 'not a ref'], 'not an image reference'],
    [['--payload-out', 'x', '--recursive'], 'one payload'],
    [['--format', 'pgp'], 'sigstore'],
  ])('%j', async (flags, text) => {
    const done = await signet(['sign', '--key', world.key, 'example.com/a:1', ...flags]);
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(text) });
    expect(existsSync('x')).toBe(false);
  });

  it('an annotation that it sets itself', async () => {
    const image = await world.push('reserved:1');
    const reserved = ['--annotation', 'org.opencontainers.image.ref.name=x'];
    expect(await signet(['sign', '--key', world.key, image, ...reserved])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[ANNOTATION_INVALID]'),
    });
  });
});

describe('what was signed', () => {
  itWithPeers(['cosign', 'docker-registry'], 'is verified by cosign, the signed name included', async () => {
    const docker = await startDockerRegistry();
    try {
      const image = `${docker.host}/app:1.0`;
      await ok(['copy', await world.push('cosign:1'), image]);
      const { key, pub } = await makeKey(join(tempDir(), 'k'), 'ed25519');
      expect(jsonLines((await ok(['sign', '--key', key, image, '-o', 'json'])).stdout)).toMatchObject([
        { stored: 'tag' },
      ]);
      const flags = ['--key', pub, '--insecure-ignore-tlog', '--allow-http-registry'];
      const named = ['-a', `org.opencontainers.image.ref.name=${image}`];
      await runOk(needPeer('cosign'), ['verify', ...flags, ...named, image]);
    } finally {
      await docker.stop();
    }
  });
});

/** The password that keys.example/README.md publishes. */
function examplePasswordOf(): string {
  const readme = readFileSync(new URL('../../keys.example/README.md', import.meta.url), 'utf8');
  return /password[^`]*`([^`]+)`/i.exec(readme)?.[1] ?? expect.unreachable('the password is published');
}
