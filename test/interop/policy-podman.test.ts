import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cosignFormat,
  createSoftwareSigner,
  parsePrivateKey,
  type Signer,
  signImage,
  sigstoreFormat,
} from '@signet/core';
import { createRegistryClient, forEachSideBySide, parseRegistryReference, type RegistryClient } from '@signet/oci';
import { convertPolicy } from '@signet/policy-import';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { HarnessError } from '../support/harness-error.ts';
import { havePeers, needPeer, run } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { type CosignKey, cosignKey, cosignPassword, signSimple } from './cosign-world.ts';
import { pushRunnable } from './policy-world.ts';

/**
 * How an image is signed: by which key, and as which reference (default: its own). `cosign`: the repository alone, as cosign 2 does;
 * `bundle`: as a Sigstore bundle.
 */
interface Signature {
  readonly by: 'a' | 'b' | 'c';
  readonly as?: string;
  readonly cosign?: true;
  readonly bundle?: true;
}

const signed: readonly Signature[] = [{ by: 'a' }];

/** Images of the registry, by name and tag, with their signatures. */
const images: Readonly<Record<string, readonly Signature[]>> = {
  'open/app:1': [],
  'open/deep/er/app:1': [],
  'open/closed:1': [],
  'open/closed/app:1': signed,
  'open/closed/again/app:1': [],
  'opener/app:1': [],
  'tags/app:v1': [],
  'tags/app:v2': [],
  'tags/app:v11': [],
  'key/app:1': signed,
  'key/app:2': [{ by: 'b' }],
  'key/app:3': [],
  'key/app:4': [{ by: 'a', as: 'key/app:5' }],
  'key/app:6': [{ by: 'a', as: 'repo/app:6' }],
  'key/app:7': [{ by: 'a', cosign: true }],
  'key/app:8': [{ by: 'b' }, { by: 'a' }],
  'key/app:9': [{ by: 'a', bundle: true }],
  'key/app:10': [{ by: 'a' }, { by: 'a', bundle: true }],
  'repo/app:1': signed,
  'repo/app:2': [{ by: 'a', as: 'repo/app:other' }],
  'repo/app:3': [{ by: 'a', as: 'repo/other:3' }],
  'repo/app:4': [{ by: 'a', cosign: true }],
  'repo/app:5': [{ by: 'b' }],
  'exact/app:1': signed,
  'exact/app:2': [{ by: 'a', as: 'exact/app:1' }],
  'ref/app:1': [{ by: 'a', as: 'vendor.example.com/app:1' }],
  'ref/app:2': signed,
  'ref/app:3': [{ by: 'a', as: 'vendor.example.com/app:3' }],
  'exrepo/app:1': [{ by: 'a', as: 'vendor.example.com/app:9' }],
  'exrepo/app:2': [{ by: 'a', as: 'vendor.example.com/app2:9' }],
  'exrepo/app:3': signed,
  'mirror/app:1': [{ by: 'a', as: 'vendor.example.com/app:1' }],
  'mirror/app:2': [{ by: 'a', as: 'vendor.example.com/app:1' }],
  'mirror/app:3': signed,
  'both/app:1': signed,
  'both/app:2': [{ by: 'a' }, { by: 'b' }],
  'both/app:3': [{ by: 'b' }, { by: 'c' }],
  'any/app:1': [{ by: 'b' }],
  'any/app:2': [{ by: 'c' }],
  'data/app:1': signed,
  'data/app:2': [{ by: 'b' }],
  'gpg/app:1': signed,
  'mixed/app:1': signed,
  'nowhere/app:1': signed,
};

/** Asked by digest instead of by tag. */
const byDigest = [
  'open/app:1',
  'open/closed:1',
  'key/app:1',
  'key/app:4',
  'key/app:6',
  'key/app:7',
  'exact/app:1',
  'repo/app:4',
  'mirror/app:2',
  'tags/app:v1',
  'nowhere/app:1',
];

let folder = '';
let registry: TestRegistry;
const digests = new Map<string, string>();

function scopes(host: string, keys: Readonly<Record<string, CosignKey>>): object {
  const key = (name: string): string => keys[name]?.publicFile ?? '';
  const by = (name: string, signedIdentity?: object): object => ({
    type: 'sigstoreSigned',
    keyPath: key(name),
    ...(signedIdentity === undefined ? {} : { signedIdentity }),
  });
  const accept = [{ type: 'insecureAcceptAnything' }];
  const reject = [{ type: 'reject' }];
  return {
    [`${host}/open`]: accept,
    [`${host}/open/closed`]: reject,
    [`${host}/open/closed/again`]: accept,
    [`${host}/tags/app:v1`]: accept,
    [`${host}/tags/app`]: reject,
    [`${host}/key`]: [by('a')],
    [`${host}/repo`]: [by('a', { type: 'matchRepository' })],
    [`${host}/exact`]: [by('a', { type: 'matchExact' })],
    [`${host}/ref`]: [by('a', { type: 'exactReference', dockerReference: 'vendor.example.com/app:1' })],
    [`${host}/exrepo`]: [by('a', { type: 'exactRepository', dockerRepository: 'vendor.example.com/app' })],
    [`${host}/mirror`]: [
      by('a', { type: 'remapIdentity', prefix: `${host}/mirror`, signedPrefix: 'vendor.example.com' }),
    ],
    [`${host}/both`]: [by('a'), by('b')],
    [`${host}/any`]: [{ type: 'sigstoreSigned', keyPaths: [key('a'), key('b')] }],
    [`${host}/data`]: [{ type: 'sigstoreSigned', keyData: readFileSync(key('a')).toString('base64') }],
    [`${host}/gpg`]: [{ type: 'signedBy', keyType: 'GPGKeys', keyData: Buffer.from('x').toString('base64') }],
    [`${host}/mixed`]: [...accept, ...reject],
  };
}

let policies: Readonly<Record<string, object>> = {};

beforeAll(async () => {
  if (!havePeers(['skopeo', 'docker-registry', 'cosign', 'cosign2'])) return;
  folder = tempDir();
  registry = await startDockerRegistry();
  const keys: Record<string, CosignKey> = {};
  for (const name of ['a', 'b', 'c']) keys[name] = await cosignKey(folder, 'p256', name);
  const signers = new Map<string, Signer>();
  for (const [name, { privateFile }] of Object.entries(keys)) {
    const key = await parsePrivateKey(readFileSync(privateFile), { password: cosignPassword });
    signers.set(name, createSoftwareSigner(key));
  }
  const client = createRegistryClient();
  await forEachSideBySide(Object.entries(images), 4, async ([name, signatures]) => {
    digests.set(name, await pushRunnable(client, registry.host, name));
    for (const signature of signatures) {
      const { by, cosign } = signature;
      const [key, signer] = [keys[by], signers.get(by)];
      if (key === undefined || signer === undefined) throw new HarnessError(`no key ${by} was made`);
      if (cosign === true) await signByCosign(name, key);
      else await signAs(client, name, signature, signer);
    }
  });
  await client.close();
  const accept = [{ type: 'insecureAcceptAnything' }];
  const reject = [{ type: 'reject' }];
  policies = {
    scopes: { default: reject, transports: { docker: scopes(registry.host, keys) } },
    wildcards: {
      default: reject,
      transports: { docker: { '*.0.1': accept, '*.0.0.1': accept, [`${registry.host}/gpg`]: reject } },
    },
    open: { default: reject, transports: { docker: { '': accept, [`${registry.host}/key`]: reject } } },
    other: {
      default: accept,
      transports: { docker: { 'other.example.com': reject, [`${registry.host}/both`]: reject } },
    },
  };
  mkdirSync(join(folder, 'registries.d'));
  writeFileSync(join(folder, 'registries.d/all.yaml'), 'default-docker:\n  use-sigstore-attachments: true\n');
}, 300_000);
afterAll(() => registry?.stop());

function signByCosign(name: string, key: CosignKey): Promise<void> {
  const image = `${registry.host}/${name.split(':')[0]}@${digests.get(name)}`;
  return signSimple(folder, key, image, { program: 'cosign2' });
}

async function signAs(client: RegistryClient, name: string, { as, bundle }: Signature, signer: Signer): Promise<void> {
  const reference = parseRegistryReference(`${registry.host}/${name}`);
  const signedReference = as === undefined ? undefined : as.includes('.') ? as : `${registry.host}/${as}`;
  await signImage({
    store: client.repository(reference),
    reference,
    format: bundle === true ? sigstoreFormat : cosignFormat,
    signer,
    signedAtMs: Date.now(),
    ...(signedReference === undefined ? {} : { signedReference }),
  });
}

/** Which of them the real skopeo copies under the policy: one process, as each would take its time to start. */
async function skopeoAdmits(policy: string, references: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
  const [list, to] = [join(tempDir(), 'list.yaml'), join(tempDir(), 'images')];
  writeFileSync(list, syncList(references));
  const from = ['--policy', policy, '--registries.d', join(folder, 'registries.d'), 'sync', '--src', 'yaml', list];
  const into = ['--dest', 'dir', '--scoped', '--remove-signatures', '--keep-going', to];
  const { stderr } = await run(needPeer('skopeo'), [...from, ...into], { env: { HOME: folder } });
  const answers = references.map((reference): [string, boolean] => {
    const isCopied = existsSync(join(to, reference, 'manifest.json'));
    const isRejected = stderr.includes(
      String.raw`"Error copying ref \"docker://${reference}\"" error="Source image rejected: `,
    );
    expect([isCopied, isRejected], `${reference}\n${stderr}`).toEqual([isCopied, !isCopied]);
    return [reference, isCopied];
  });
  return new Map(answers);
}

/** What skopeo sync is to copy: tags and digests of each repository. JSON is YAML too. */
function syncList(references: readonly string[]): string {
  const wanted: Record<string, string[]> = {};
  for (const reference of references) {
    const { repository, tag, digest } = parseRegistryReference(reference);
    wanted[repository] = [...(wanted[repository] ?? []), digest ?? tag ?? ''];
  }
  return JSON.stringify({ [registry.host]: { 'tls-verify': false, images: wanted } });
}

/** What Signet says under the converted policy. */
async function signetAdmits(policy: string, references: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
  const done = await signet(['verify', '--policy', policy, '-o', 'json', ...references]);
  const reports = done.stdout
    .trim()
    .split('\n')
    .map((line): { reference: string; allowed: boolean } => JSON.parse(line));
  return new Map(reports.map(({ reference, allowed }) => [reference, allowed]));
}

describe.skipIf(!havePeers(['skopeo', 'docker-registry', 'cosign', 'cosign2']))(
  'a converted policy.json answers as the real skopeo does',
  () => {
    it.each(['scopes', 'wildcards', 'open', 'other'])(
      'policy %s',
      async (name) => {
        const file = join(folder, `${name}.json`);
        const text = JSON.stringify(policies[name]);
        writeFileSync(file, text);
        const { policy } = convertPolicy('podman', [{ file, text }]);
        const converted = join(folder, `${name}.yaml`);
        writeFileSync(converted, policy);
        const tags = Object.keys(images).map((each) => `${registry.host}/${each}`);
        const asked = [
          ...tags,
          ...byDigest.map((each) => `${registry.host}/${each.split(':')[0]}@${digests.get(each)}`),
        ];
        const ours = await signetAdmits(converted, asked);
        const theirs = await skopeoAdmits(file, asked);
        expect(ours).toEqual(theirs);
        const admitted = [...theirs.values()].filter(Boolean).length;
        expect(asked.length).toBeGreaterThanOrEqual(40);
        expect(admitted * 3).toBeGreaterThanOrEqual(asked.length);
      },
      300_000,
    );
  },
);
