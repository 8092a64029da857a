import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNotaryEnvelope } from '@signet/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import { signet } from '../support/cli.ts';
import type { RunResult } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { jsonLines, ok } from './cli-world.ts';

let dir: string;
let signer: MadeCertificate;
beforeAll(() => {
  dir = tempDir();
  signer = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer' });
  write('signer.key', signer.keyPem);
  write('signer.crt', signer.pem);
});

/** Writes a file; gives its path. */
function write(name: string, content: string): string {
  const path = join(dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const byFiles = (): readonly string[] => ['--key', join(dir, 'signer.key'), '--cert', join(dir, 'signer.crt')];

function sign(...args: readonly string[]): Promise<RunResult> {
  return signet(['sign-blob', '--format', 'notary', ...args]);
}

function payloadOf(path: string, form: 'jws' | 'cose'): unknown {
  return JSON.parse(Buffer.from(parseNotaryEnvelope(readFileSync(path), form).payload).toString('utf8'));
}

describe('sign-blob --format notary', () => {
  it.each(['jws', 'cose'] as const)('%s: writes the envelope where notation does, and not twice', async (form) => {
    const file = write(`app-${form}.tar`, 'app');
    const args = [...byFiles(), '--envelope', form, '--media-type', 'application/x-tar', '-m', 'build=42', file];
    const done = await ok(['sign-blob', '--format', 'notary', ...args, '-o', 'json']);
    const target = `${file}.${form}.sig`;
    const digest = 'sha256:a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333';
    expect(jsonLines(done.stdout)).toEqual([
      {
        ...{ file, digest, size: 3, mediaType: 'application/x-tar', form: 'notary', envelope: form },
        ...{ userMetadata: { build: '42' }, written: target },
      },
    ]);
    expect(payloadOf(target, form)).toEqual({
      targetArtifact: { annotations: { build: '42' }, digest, mediaType: 'application/x-tar', size: 3 },
    });
    expect(await sign(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[FILE_EXISTS]') });
    expect(await sign(...args, '--force')).toMatchObject({ code: 0, stderr: '' });
  });

  it('goes elsewhere where it is told, and ends when it is told', async () => {
    const [file, target] = [write('other.bin', 'other'), join(dir, 'elsewhere.sig')];
    await ok(['sign-blob', '--format', 'notary', ...byFiles(), '--expiry', '2h', '--output-signature', target, file]);
    expect(existsSync(`${file}.jws.sig`)).toBe(false);
    const { attributes } = parseNotaryEnvelope(readFileSync(target), 'jws');
    expect((attributes.expiryMs ?? 0) - (attributes.signingTimeMs ?? 0)).toBe(2 * 3_600_000);
  });

  it('is written to standard output for a file from standard input, if it is text', async () => {
    const { stdout } = await signet(['sign-blob', '--format', 'notary', ...byFiles(), '-'], { input: 'piped' });
    expect(parseNotaryEnvelope(Buffer.from(stdout), 'jws').form).toBe('jws');
    const cose = await signet(['sign-blob', '--format', 'notary', ...byFiles(), '--envelope', 'cose', '-'], {
      input: 'piped',
    });
    expect(cose).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('a COSE envelope is no text') });
  });

  it("signs with a key of notation's list, by the form that its config.json names", async () => {
    const keys = [{ name: 'release', keyPath: join(dir, 'signer.key'), certPath: join(dir, 'signer.crt') }];
    write('home/notation/signingkeys.json', JSON.stringify({ keys }));
    write('home/notation/config.json', JSON.stringify({ signatureFormat: 'cose' }));
    const file = write('listed.bin', 'listed');
    const env = { XDG_CONFIG_HOME: join(dir, 'home') };
    const done = await signet(['sign-blob', '--format', 'notary', '--key-name', 'release', file], { env });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(`${file}.cose.sig`)).toBe(true);
  });

  it.each([
    [['--media-type', 'tar'], 'MEDIA_TYPE_INVALID'],
    [['--user-metadata', 'io.cncf.notary.x=1'], 'ANNOTATION_INVALID'],
    [['--user-metadata', 'build'], '--user-metadata build: KEY=VALUE is wanted'],
    [['--bundle', 'x'], '--bundle is for --format sigstore'],
    [['--predicate-type', 'https://example.com'], '--predicate-type is for --format sigstore'],
    [['--image-payload'], '--image-payload is for --format sigstore'],
  ])('refuses %j, and writes nothing', async (args, message) => {
    const file = write('refused.bin', 'refused');
    const done = await sign(...byFiles(), ...args, file);
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect(existsSync(`${file}.jws.sig`)).toBe(false);
  });

  it.each([
    [['--media-type', 'text/plain'], '--media-type is for --format notary'],
    [['--user-metadata', 'a=b'], '--user-metadata is for --format notary'],
    [['--cert', 'x'], '--cert is for --format notary'],
  ])('what only it knows is refused for others: %j', async (args, message) => {
    const done = await signet(['sign-blob', '--key', join(dir, 'signer.key'), ...args, write('bundle.bin', 'b')]);
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});
