import { convertPolicy, type ImportFormat } from '@signet/policy-import';
import { lintPolicy } from '@signet/verifier/policy';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { newKey } from '../verifier/policy/load/policy-data.ts';

const [first, second] = [newKey(), newKey()];
const digest = `sha256:${'0'.repeat(64)}`;
const byKey = { type: 'sigstoreSigned', keyPath: '/keys/release.pub' };
const remap = { type: 'remapIdentity', prefix: 'mirror.io/hub', signedPrefix: 'docker.io' };

/** One policy of each kind with everything that its importer makes rules from. */
const policies: Readonly<Record<ImportFormat, unknown>> = {
  notation: {
    version: '1.0',
    trustPolicies: [
      { name: 'open images', registryScopes: ['reg.io/a', 'localhost/b'], signatureVerification: { level: 'skip' } },
      {
        name: 'rest',
        registryScopes: ['*'],
        signatureVerification: { level: 'strict' },
        trustStores: ['ca:a'],
        trustedIdentities: ['*'],
      },
    ],
  },
  podman: {
    default: [{ type: 'reject' }],
    transports: {
      docker: {
        '': [{ type: 'insecureAcceptAnything' }],
        '*.example.com': [{ type: 'insecureAcceptAnything' }],
        '*.b.example.com': [byKey],
        [`reg.io/a@${digest}`]: [byKey],
        'reg.io:5000/a:v1': [{ ...byKey, signedIdentity: { type: 'matchExact' } }],
        'reg.io/b': [{ ...byKey, signedIdentity: { type: 'matchRepository' } }],
        'reg.io/c': [{ ...byKey, signedIdentity: { type: 'exactReference', dockerReference: 'busybox:1' } }],
        'reg.io/d': [{ ...byKey, signedIdentity: { type: 'exactRepository', dockerRepository: 'busybox' } }],
        'mirror.io/hub': [
          { type: 'sigstoreSigned', keyData: Buffer.from(first).toString('base64'), signedIdentity: remap },
        ],
        'reg.io/e': [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/k' }],
      },
    },
  },
  clusterimagepolicy: {
    kind: 'ClusterImagePolicy',
    metadata: { name: 'p' },
    spec: {
      images: ['**', 'ghc**', '*', 'ghcr.io/*-x', `reg.io/a@${digest}`].map((glob) => ({ glob })),
      authorities: [{ name: 'a', key: { data: first } }, { key: { data: second } }],
    },
  },
  kyverno: {
    kind: 'ClusterPolicy',
    metadata: { name: 'p' },
    spec: {
      rules: [
        {
          name: 'r',
          verifyImages: [
            {
              imageReferences: ['ghcr.io/*', 'a?b/*', '*:latest'],
              skipImageReferences: ['ghcr.io/trusted/*'],
              mutateDigest: false,
              annotations: { team: 'web', other: ['$', '{HOME}'].join('') },
              attestors: [
                {
                  count: 1,
                  entries: [{ keys: { publicKeys: `${first}${second}`, rekor: { ignoreTlog: true, url: 'u' } } }],
                },
              ],
            },
          ],
        },
      ],
    },
  },
  connaisseur: {
    validators: [
      {
        name: 'default',
        type: 'cosign',
        trustRoots: [
          { name: 'default', key: first },
          { name: 'more', key: second },
        ],
      },
      { name: 'allow', type: 'static', approve: true },
    ],
    policy: [
      { pattern: '*:*', validator: 'allow' },
      { pattern: 'docker.io/myrepo/*:*', with: { trustRoot: '*', threshold: 2, verifyInTransparencyLog: false } },
      { pattern: 'reg.io/x:v*' },
    ],
  },
};

describe('a converted policy', () => {
  it.each(Object.entries(policies).map(([from, source]) => ({ from, source })))(
    'of $from is one that Signet loads',
    async ({ from, source }) => {
      const format = (Object.keys(policies) as ImportFormat[]).find((each) => each === from) ?? 'podman';
      const { policy } = convertPolicy(format, [{ file: 'other.yaml', text: JSON.stringify(source) }]);
      const reader = {
        readFile: async (path: string) =>
          Buffer.from(path === 'policy.yaml' ? policy : path.endsWith('.crt') ? makeCertificate().pem : first),
        readFolder: async (path: string) => (path.startsWith('truststore/') ? ['a.crt'] : []),
      };
      const { policy: loaded, problems } = await lintPolicy('policy.yaml', { reader, env: {} });
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(loaded?.ruleList.length).toBeGreaterThan(0);
    },
  );
});
