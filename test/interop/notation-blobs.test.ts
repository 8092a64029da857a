import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOTARY_ARTIFACT_TYPE, type NotaryEnvelope, notaryEnvelopeTypes, parseNotaryEnvelope } from '@signet/core';
import {
  createRegistryClient,
  type Descriptor,
  digestOf,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  type Store,
} from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyByNotary } from '../../packages/cli/src/notary/verify-blob.ts';
import { createWorld } from '../cli/world.ts';
import { signet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationKey, type NotationUser } from '../support/notation.ts';
import { havePeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { type RecordedCase, readRecorded } from './blobs/recorded.ts';

const forms = ['jws', 'cose'] as const;

describe('files, as a notation that knows them judged them', () => {
  const recorded = readRecorded();
  const dir = tempDir();
  const home = join(dir, 'notation');

  beforeAll(() => {
    for (const [store, files] of Object.entries(recorded.stores)) {
      const folder = join(home, 'truststore/x509/ca', store);
      mkdirSync(folder, { recursive: true });
      for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, `${name}.crt`), pem);
    }
    writeFileSync(join(home, 'trustpolicy.blob.json'), recorded.policy);
  });

  const bytesOf = ({ signature }: RecordedCase): Buffer => Buffer.from(recorded.signatures[signature] ?? '', 'base64');

  it('are enough, and a third of them is verified, by signatures of both', () => {
    expect(recorded.cases.length).toBeGreaterThanOrEqual(80);
    for (const maker of ['notation', 'signet']) {
      const own = recorded.cases.filter(({ by }) => by === maker);
      expect(own.filter(({ notation }) => notation.isVerified).length * 3).toBeGreaterThan(own.length);
    }
  });

  it.each(recorded.cases.map((each, at) => [`${each.title} (by ${each.by})`, each, at] as const))(
    '%s: Signet says what notation says',
    async (_, each, at) => {
      const file = join(dir, `${at}.bin`);
      writeFileSync(file, Buffer.from(each.file ?? recorded.file, 'base64'));
      writeFileSync(`${file}.${each.form}.sig`, bytesOf(each));
      const io = createWorld({ env: { XDG_CONFIG_HOME: dir } });
      const { mediaType, userMetadata, policyName } = each;
      const code = await verifyByNotary(
        file,
        {
          policy: 'notation',
          output: 'json',
          color: false,
          ...(mediaType === undefined ? {} : { mediaType }),
          ...(userMetadata === undefined ? {} : { userMetadata }),
          ...(policyName === undefined ? {} : { policyName }),
        },
        io,
      );
      const report = JSON.parse(io.out());
      expect(report.verdict, `${report.code}: ${report.summary}; notation: ${each.notation.says}`).toBe(
        each.notation.isVerified ? 'verified' : 'denied',
      );
      expect(code).toBe(each.notation.isVerified ? 0 : 1);
    },
  );

  it.each(
    recorded.cases
      .filter(({ by, title }) => by === 'notation' && (/^\S+ \S+$/.test(title) || title.endsWith('with its metadata')))
      .map((theirs) => [theirs.title, theirs] as const),
  )(
    '%s: Signet writes what notation writes, but for the times, the signature and the name of the program',
    (title, theirs) => {
      const ours = recorded.cases.find((each) => each.by === 'signet' && each.title === title);
      const [one, other] = [theirs, ours ?? expect.unreachable(title)].map((each) =>
        said(parseNotaryEnvelope(bytesOf(each), each.form)),
      );
      expect(other).toEqual(one);
    },
  );
});

function said({ attributes, payload, algorithm, certificates }: NotaryEnvelope): unknown {
  const { signingTimeMs: _, ...others } = attributes;
  return { attributes: others, payload: Buffer.from(payload).toString(), algorithm, certificates };
}

/** The released notation knows no files, but images: a manifest is a file whose signature as its media type is the image's. */
describe.runIf(havePeers(['notation']))('a manifest as a file, between the released notation and Signet', () => {
  const keys: readonly NotationKey[] = ['ec-256', 'rsa-2048'];
  const cases = keys.flatMap((key) => forms.map((form) => [key, form] as const));
  const client = createRegistryClient();
  let registry: TestRegistry;
  let notation: NotationUser;
  let dir: string;

  beforeAll(async () => {
    [registry, notation] = await Promise.all([startEmbeddedRegistry(), createNotationUser(keys)]);
    dir = tempDir();
    const home = join(notation.configHome, 'notation');
    const store = join(home, 'truststore/x509/ca/all');
    mkdirSync(store, { recursive: true });
    for (const key of keys) writeFileSync(join(store, `${key}.crt`), readFileSync(notation.certificate(key)));
    const statement = {
      name: 'all',
      signatureVerification: { level: 'strict' },
      ...{ trustStores: ['ca:all'], trustedIdentities: ['x509.subject: C=US, ST=WA, O=Notary'] },
    };
    const write = (name: string, more: object): void =>
      writeFileSync(join(home, name), JSON.stringify({ version: '1.0', trustPolicies: [{ ...statement, ...more }] }));
    write('trustpolicy.json', { registryScopes: ['*'] });
    write('trustpolicy.blob.json', { globalPolicy: true });
  });
  afterAll(async () => {
    await client.close();
    await registry.stop();
  });

  interface Image {
    readonly store: Store;
    readonly subject: Descriptor;
    readonly reference: string;
    /** Its manifest. */
    readonly file: string;
  }

  async function push(name: string): Promise<Image> {
    const repository = `${registry.host}/files/${name}`;
    const store = client.repository({ registry: registry.host, repository: `files/${name}` });
    const { bytes, descriptor } = encodeManifest({ kind: 'manifest', artifactType: 'application/x.file' });
    await store.push(emptyContent, emptyDescriptor);
    await store.push(bytes, descriptor);
    const file = join(dir, `${name}.json`);
    writeFileSync(file, bytes);
    return { store, subject: descriptor, reference: `${repository}@${descriptor.digest}`, file };
  }

  it.each(cases)('%s %s: notation verifies the image by what Signet signed as a file', async (key, form) => {
    const { store, subject, reference, file } = await push(`ours-${key}-${form}`);
    const by = ['--key-name', key, '--envelope', form, '--media-type', subject.mediaType, '-m', 'build=42'];
    const done = await signet(['sign-blob', '--format', 'notary', ...by, file], { env: notation.env });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    await attach(store, subject, { form, envelope: readFileSync(`${file}.${form}.sig`) });
    const verify = (metadata: string) =>
      notation.run('verify', '--insecure-registry', '--user-metadata', metadata, reference);
    expect(await verify('build=42')).toMatchObject({ code: 0 });
    expect(await verify('build=43')).toMatchObject({ code: 1 });
  });

  it.each(cases)('%s %s: Signet verifies the file by what notation signed as an image', async (key, form) => {
    const { store, subject, reference, file } = await push(`theirs-${key}-${form}`);
    const options = ['--signature-format', form, '--key', key, '--user-metadata', 'build=42'];
    await notation.runOk('sign', '--insecure-registry', ...options, reference);
    writeFileSync(`${file}.${form}.sig`, await envelopeOf(store, subject));
    const verify = (...args: readonly string[]) =>
      signet(['verify-blob', '--policy', 'notation', ...args, file], { env: notation.env });
    expect(await verify('--media-type', subject.mediaType, '-m', 'build=42')).toMatchObject({ code: 0, stderr: '' });
    expect(await verify('--media-type', 'application/json')).toMatchObject({ code: 1 });
    expect(await verify('-m', 'build=43')).toMatchObject({ code: 1 });
    writeFileSync(file, `${readFileSync(file, 'utf8')} `);
    expect(await verify()).toMatchObject({ code: 1, stdout: expect.stringContaining('SUBJECT_MISMATCH') });
  });
});

interface Detached {
  readonly form: 'jws' | 'cose';
  readonly envelope: Uint8Array;
}

/** As a referrer of the manifest. */
async function attach(store: Store, subject: Descriptor, { form, envelope }: Detached): Promise<void> {
  const layer = { mediaType: notaryEnvelopeTypes[form], digest: digestOf(envelope), size: envelope.length };
  await store.push(envelope, layer);
  const { bytes, descriptor } = encodeManifest({
    kind: 'manifest',
    artifactType: NOTARY_ARTIFACT_TYPE,
    layers: [layer],
    subject,
  });
  await store.push(bytes, descriptor);
}

/** That of the only referrer. */
async function envelopeOf(store: Store, subject: Descriptor): Promise<Uint8Array> {
  for await (const { descriptors } of store.referrers(subject))
    for (const referrer of descriptors) {
      const manifest = JSON.parse(Buffer.from(await store.fetch(referrer)).toString('utf8'));
      return await store.fetch(manifest.layers[0]);
    }
  return expect.unreachable('no signature is stored');
}
