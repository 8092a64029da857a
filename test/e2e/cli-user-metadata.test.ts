import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { signet } from '../support/cli.ts';
import type { RunResult } from '../support/process.ts';
import { type CliWorld, createCliWorld, jsonLines, ok } from './cli-world.ts';

let world: CliWorld;
let image: string;
beforeAll(async () => {
  world = await createCliWorld();
  const signer = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer' });
  write('signer.key', signer.keyPem);
  write('signer.crt', signer.pem);
  const source = 'trust:\n  acme:\n    x509:\n      ca: [signer.crt]\n      identities: ["*"]\n';
  const rules = (more: string) => `rules:\n  - images: ["*"]\n    require: acme\n${more}`;
  write('plain.yaml', `version: 1\n${source}${rules('')}`);
  write('team.yaml', `version: 1\n${source}${rules('    annotations: { team: web }\n')}`);
  image = await world.push('metadata:1');
  const by = ['--format', 'notary', '--key', file('signer.key'), '--cert', file('signer.crt')];
  await ok(['sign', ...by, '-m', 'build=42', '--annotation', 'team=web', image]);
});
afterAll(() => world.server.stop('SIGKILL'));

const file = (name: string): string => join(world.dir, name);
const write = (name: string, text: string): void => writeFileSync(file(name), text);
const verify = (policy: string, ...args: readonly string[]): Promise<RunResult> =>
  signet(['verify', '--policy', file(policy), '-o', 'json', ...args, image]);

describe('--user-metadata', () => {
  it('is signed as --annotation is', async () => {
    const { stdout } = await verify('plain.yaml');
    expect(jsonLines(stdout)).toMatchObject([
      { findings: [{ proven: { annotations: { build: '42', team: 'web' } } }] },
    ]);
  });

  it('is asked for beside what the rule asks for', async () => {
    expect(await verify('plain.yaml', '-m', 'build=42', '--user-metadata', 'team=web')).toMatchObject({ code: 0 });
    expect(await verify('team.yaml', '-m', 'build=42')).toMatchObject({ code: 0 });
    for (const metadata of ['build=43', 'missing=1']) {
      const done = await verify('plain.yaml', '-m', metadata);
      expect(done.code).toBe(1);
      expect(jsonLines(done.stdout)).toMatchObject([{ verdict: 'denied', code: 'ANNOTATION_MISMATCH' }]);
    }
  });

  it('takes nothing away from what the rule asks for', async () => {
    const done = await verify('team.yaml', '-m', 'team=db');
    expect(jsonLines(done.stdout)).toMatchObject([{ verdict: 'denied', code: 'ANNOTATION_MISMATCH' }]);
  });

  it.each([
    [['-m', 'io.cncf.notary.x=1'], 'ANNOTATION_INVALID'],
    [['-m', 'novalue'], '--user-metadata novalue: KEY=VALUE is wanted'],
    [['-m', 'a=1', '--annotation', 'a=1'], '--user-metadata a is given twice'],
  ])('is refused where signing with it makes no sense: %j', async (args, message) => {
    const by = ['--format', 'notary', '--key', file('signer.key'), '--cert', file('signer.crt')];
    const done = await signet(['sign', ...by, ...args, image]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('is the same as --annotation where keys are named, and is for no other format in sign', async () => {
    const other = await world.push('metadata:2');
    await ok(['sign', '--key', world.key, '--annotation', 'build=42', other]);
    const byKey = (metadata: string) => signet(['verify', '--key', world.pub, '-m', metadata, other]);
    expect(await byKey('build=42')).toMatchObject({ code: 0 });
    expect(await byKey('build=43')).toMatchObject({ code: 1 });
    const done = await signet(['sign', '--key', world.key, '-m', 'build=42', other]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('--user-metadata is for --format notary') });
  });
});
