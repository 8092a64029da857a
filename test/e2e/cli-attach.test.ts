import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, jsonLines, ok } from './cli-world.ts';

let world: CliWorld;
let image: string;
let payload: string;
let signature: string;
beforeAll(async () => {
  world = await createCliWorld();
  image = await world.push('app:1.0');
  [payload, signature] = await signElsewhere([]);
});
afterAll(() => world.server.stop('SIGKILL'));

/** The bytes to be signed, and their signature by openssl. */
async function signElsewhere(flags: readonly string[]): Promise<[string, string]> {
  const dir = tempDir();
  const [bytes, signed] = [join(dir, 'payload'), join(dir, 'payload.sig')];
  await ok(['sign', '--payload-out', bytes, ...flags, image]);
  await runOk('openssl', ['dgst', '-sha256', '-sign', world.key, '-out', signed, bytes]);
  return [bytes, signed];
}

function attach(reference: string, ...more: readonly string[]): ReturnType<typeof signet> {
  return signet(['attach', '--payload', payload, '--signature', signature, '--key', world.pub, reference, ...more]);
}

describe('attach', () => {
  it('stores what openssl signed, once, and it verifies', async () => {
    const done = await attach(image, '-o', 'json');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    const [first] = jsonLines(done.stdout);
    expect(first).toMatchObject({ outcome: 'new', format: 'sigstore', signedReference: image });
    await ok(['verify', '--key', world.pub, '--tag-bound', image]);
    const again = await attach(image);
    expect(again.stdout).toMatch(new RegExp(`^signed before {2}${image}@sha256:[0-9a-f]{64}\n`));
  });

  it('stores what sign-blob signed, where it was told what that is', async () => {
    const [bytes] = await signElsewhere([]);
    const text = join(tempDir(), 'text');
    const sign = ['sign-blob', bytes, '--key', world.key];
    for (const args of [sign, [...sign, '--output-signature', text]])
      expect(await signet(args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('error[BLOB_IS_PAYLOAD]'),
      });
    await ok([...sign, '--output-signature', text, '--image-payload']);
    await ok(['attach', '--payload', bytes, '--signature', text, '--key', world.pub, image, '--force']);
  });

  it("stores cosign's older form too, and takes base64", async () => {
    const [bytes, signed] = await signElsewhere(['--format', 'cosign']);
    const text = join(tempDir(), 'text');
    writeFileSync(text, await runOk('openssl', ['base64', '-in', signed]));
    const args = ['attach', '--payload', bytes, '--signature', text, '--key', world.pub, image, '-o', 'json'];
    expect(jsonLines((await ok(args)).stdout)).toMatchObject([{ outcome: 'new', format: 'cosign', stored: 'sig' }]);
  });

  it.each([
    ['for another image', () => world.push('other:1'), [], 1, 'SUBJECT_CHANGED'],
    ["by another's key", async () => image, ['--key', 'OTHER'], 1, 'SIGNATURE_INVALID'],
    ['over other bytes', async () => image, ['--payload', import.meta.filename], 2, 'PAYLOAD_MALFORMED'],
    ['that is missing', async () => image, ['--signature', '/no/such/file'], 2, 'FILE_UNREADABLE'],
    ['by a private key', async () => image, ['--key', 'PRIVATE'], 2, 'KEY_WRONG_KIND'],
  ])('refuses a signature %s', async (_what, reference, flags, code, error) => {
    const other = join(tempDir(), 'other');
    await ok(['key', 'generate', '--out', other], { env: { SIGNET_PASSWORD: '' } });
    const named = new Map([
      ['OTHER', `${other}.pub`],
      ['PRIVATE', world.key],
    ]);
    const done = await attach(await reference(), ...flags.map((flag) => named.get(flag) ?? flag));
    expect(done).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(`error[${error}]`) });
  });

  it.each(['--payload', '--signature', '--key'])('needs %s', async (flag) => {
    const all = ['--payload', payload, '--signature', signature, '--key', world.pub];
    const at = all.indexOf(flag);
    expect(await signet(['attach', image, ...all.slice(0, at), ...all.slice(at + 2)])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`hint: ${flag === '--key' ? 'name the public key: ' : ''}${flag} FILE`),
    });
  });
});
