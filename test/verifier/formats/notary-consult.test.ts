import { parseIdentity, readCertificate } from '@signet/core/x509';
import { type Descriptor, digestOf } from '@signet/oci';
import {
  type Envelope,
  isAccepted,
  levelActions,
  type PluginAsk,
  type PluginTestimony,
  type RevocationAsk,
  type Testimonies,
  type Witnesses,
} from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { isPossible } from '../../../packages/verifier/src/finding.ts';
import { notaryVerifyFormat } from '../../../packages/verifier/src/formats/notary.ts';
import type { RevocationResult } from '../../../packages/verifier/src/revocation/check-revocation.ts';
import type { NamedX509Trust } from '../../../packages/verifier/src/trust.ts';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { type NotarySignatureRequest, signNotaryJws } from '../../support/notary-signature.ts';
import { acmeTrust } from '../acme-trust.ts';
import { envelopeOf } from '../signatures.ts';

const nowMs = Date.UTC(2026, 10, 24);
const prefix = 'io.cncf.notary';
const image: Descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from('image')),
  size: 5,
};
const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const leaf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root, ...request });
const revocable = [leaf({ ocspUrls: ['http://responder.example/'] }), root];

const trust: NamedX509Trust = acmeTrust([root], {
  writtenIdentities: ['x509.subject:C=US,ST=WA,O=Acme', 'arn:somebody'],
});

type Signing = Partial<Omit<NotarySignatureRequest, 'chain'>> & { readonly by?: readonly MadeCertificate[] };

function signed({ by = revocable, ...request }: Signing = {}): Envelope {
  const key = by[0]?.privateKey ?? expect.fail('a certificate');
  const bytes = signNotaryJws({ target: image, chain: by.map(({ der }) => der), key, ...request });
  return envelopeOf('notary', bytes, { mediaType: 'application/jose+json', annotations: {} });
}

const naming = (more: Readonly<Record<string, unknown>> = {}): Signing => {
  const attributes = { [`${prefix}.verificationPlugin`]: 'com.example.plugin', ...more };
  return { attributes, critical: Object.keys(attributes) };
};

/** Witnesses that note what they are asked. */
function createNoting(
  status: RevocationResult['status'] = 'ok',
  plugin: PluginTestimony = { kind: 'none', message: 'not there' },
) {
  const asked = { revocation: [] as RevocationAsk[], plugin: [] as PluginAsk[] };
  const witnesses: Witnesses = {
    async revocation(ask) {
      asked.revocation.push(ask);
      return ask.chain.map(({ thumbprint }, at) =>
        at === ask.chain.length - 1
          ? { thumbprint, status: 'nonRevocable', method: 'none', message: 'the root' }
          : { thumbprint, status, method: 'ocsp', message: `it is ${status}` },
      );
    },
    async plugin(ask) {
      asked.plugin.push(ask);
      return plugin;
    },
  };
  return { asked, witnesses };
}

const subject = { digest: image.digest, descriptor: image };
const material = (changes: Partial<NamedX509Trust>) => ({ keys: [], x509: [{ ...trust, ...changes }] });

async function consult(
  envelope: Envelope,
  witnesses: Witnesses,
  changes: Partial<NamedX509Trust> = {},
  signal?: AbortSignal,
): Promise<Testimonies> {
  const by = { witnesses, ...(signal === undefined ? {} : { signal }) };
  return (await notaryVerifyFormat.consult?.(envelope, subject, material(changes), by)) ?? expect.fail('consult');
}

async function judge(envelope: Envelope, witnesses: Witnesses, changes: Partial<NamedX509Trust> = {}) {
  const testimonies = await consult(envelope, witnesses, changes);
  const [finding] = await notaryVerifyFormat.verify(envelope, subject, material(changes), testimonies);
  const { checks } = finding ?? expect.fail('no finding');
  const open = checks.filter(({ result }) => result !== 'pass' && result !== 'skip');
  return {
    accepted: finding !== undefined && isAccepted(finding),
    possible: finding !== undefined && isPossible(finding),
    open: open.map(({ name, code, result }) => `${name} ${code} ${result}`),
  };
}

describe('who could say that a certificate was revoked', () => {
  it('is asked about the whole chain, at the time of the source', async () => {
    const { asked, witnesses } = createNoting();
    expect(await judge(signed(), witnesses)).toEqual({ accepted: true, possible: true, open: [] });
    expect(asked.revocation).toMatchObject([{ atMs: nowMs, allowPrivate: false }]);
    expect(asked.revocation[0]?.chain.map(({ thumbprint }) => thumbprint)).toEqual(
      revocable.map(({ der }) => readCertificate(der).thumbprint),
    );
    expect(asked.revocation[0]).not.toHaveProperty('signedAtMs');
    await judge(signed(), witnesses, { allowPrivateServers: true });
    expect(asked.revocation[1]?.allowPrivate).toBe(true);
  });

  it('is told when a signing authority signed', async () => {
    const { asked, witnesses } = createNoting();
    const attributes = {
      [`${prefix}.signingScheme`]: 'notary.x509.signingAuthority',
      [`${prefix}.authenticSigningTime`]: '2026-01-02T03:04:05Z',
      [`${prefix}.signingTime`]: undefined,
    };
    const signing = { attributes, critical: [`${prefix}.authenticSigningTime`] };
    const authority = { signingAuthority: trust.ca, ca: [] };
    expect(await judge(signed(signing), witnesses, authority)).toMatchObject({ accepted: true });
    expect(asked.revocation[0]?.signedAtMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
  });

  it.each<[RevocationResult['status'], NamedX509Trust['revocation'], boolean, boolean, readonly string[]]>([
    ['ok', 'enforce', true, true, []],
    ['nonRevocable', 'enforce', true, true, []],
    ['revoked', 'enforce', false, false, ['revocation CERTIFICATE_REVOKED fail']],
    ['revoked', 'log', true, true, ['revocation CERTIFICATE_REVOKED warn']],
    ['unknown', 'enforce', false, true, ['revocation REVOCATION_UNKNOWN unknown']],
    ['unknown', 'log', true, true, ['revocation REVOCATION_UNKNOWN warn']],
  ])('says %s, and the source says %s', async (status, revocation, accepted, possible, open) => {
    const { witnesses } = createNoting(status);
    expect(await judge(signed(), witnesses, { revocation })).toEqual({ accepted, possible, open });
  });

  it.each<[string, Signing, Partial<NamedX509Trust>]>([
    ['the source does not want to know', {}, { revocation: 'skip' }],
    ['no certificate names him', { by: [leaf(), root] }, {}],
    ['the signer is nobody who is meant', {}, { identities: [parseIdentity('C=US,ST=WA,O=Other')] }],
    ['no certificate is trusted', {}, { ca: [], signingAuthority: trust.ca }],
    ['the image is another', { target: { ...image, size: 6 } }, {}],
    ['a certificate has ended', {}, { atMs: Date.UTC(2060, 0, 1) }],
  ])('is not asked where %s', async (_, signing, changes) => {
    const { asked, witnesses } = createNoting();
    await consult(signed(signing), witnesses, changes);
    expect(asked).toEqual({ revocation: [], plugin: [] });
  });

  it.each<[string, Partial<NamedX509Trust>]>([
    ['certificates that are not trusted', { ca: [], signingAuthority: trust.ca }],
    ['a signer who is nobody who is meant', { identities: [parseIdentity('C=US,ST=WA,O=Other')] }],
  ])('is not asked where the source only warns of %s: the address would be anybody’s', async (_, changes) => {
    const { asked, witnesses } = createNoting('ok');
    const authenticity = 'log' as const;
    const enforced = await judge(signed(), witnesses, { ...changes, authenticity });
    expect(enforced).toMatchObject({ accepted: false, open: expect.arrayContaining([open]) });
    expect((await judge(signed(), witnesses, { ...changes, ...levelActions.audit })).accepted).toBe(true);
    expect(asked.revocation).toEqual([]);
    // Where nobody has to be asked, it counts as before.
    expect((await judge(signed({ by: [leaf(), root] }), witnesses, { ...changes, authenticity })).accepted).toBe(true);
  });
  const open = 'revocation REVOCATION_UNKNOWN unknown';

  it('is not asked about an envelope that was changed', async () => {
    const { asked, witnesses } = createNoting();
    const good = signed();
    const envelope = JSON.parse(Buffer.from(good.bytes).toString('utf8'));
    const bytes = Buffer.from(
      JSON.stringify({
        ...envelope,
        signature: signatureOf(signed({ by: [leaf({ key: 'ec-256' }), root], target: { ...image, size: 7 } })),
      }),
    );
    expect(await consult({ ...good, bytes }, witnesses)).toEqual(new Map());
    expect(asked.revocation).toEqual([]);
  });

  it('leaves it open where he says something of other certificates, or fewer', async () => {
    const other = readCertificate(leaf({ serial: 99n }).der).thumbprint;
    for (const answer of [[], [{ thumbprint: other, status: 'ok', method: 'ocsp', message: 'good' } as const]]) {
      const { witnesses } = createNoting();
      const lying: Witnesses = { ...witnesses, revocation: async () => [...answer, ...answer] };
      expect((await judge(signed(), lying)).open).toEqual(['revocation REVOCATION_UNKNOWN unknown']);
    }
  });

  it('leaves it open where the time is up first, and is not waited for', async () => {
    const { witnesses } = createNoting();
    const silent: Witnesses = { ...witnesses, revocation: () => new Promise(() => {}) };
    const ending = new AbortController();
    const asked = consult(signed(), silent, {}, ending.signal);
    ending.abort();
    expect(await asked).toEqual(new Map([['acme', {}]]));
    expect(await consult(signed(), silent, {}, AbortSignal.abort())).toEqual(new Map([['acme', {}]]));
  });

  it('leaves it open where nobody is asked at all', async () => {
    const [finding] = await notaryVerifyFormat.verify(signed(), subject, material({}));
    expect(finding?.checks.find(({ name }) => name === 'revocation')).toMatchObject({ code: 'REVOCATION_UNKNOWN' });
  });
});

function signatureOf({ bytes }: Envelope): string {
  return JSON.parse(Buffer.from(bytes).toString('utf8')).signature;
}

describe('a plugin that a signature names', () => {
  const both = ['SIGNATURE_VERIFIER.TRUSTED_IDENTITY', 'SIGNATURE_VERIFIER.REVOCATION_CHECK'] as const;
  const answer = (verdicts: Readonly<Record<string, boolean>>, capabilities: readonly (typeof both)[number][] = both) =>
    ({
      kind: 'answer',
      capabilities,
      verdicts: new Map(
        capabilities.flatMap((each) => {
          const isSuccess = verdicts[each];
          return isSuccess === undefined ? [] : [[each, { isSuccess }]];
        }),
      ),
    }) as const;
  const yes = { [both[0]]: true, [both[1]]: true };

  it('is told all identities, and the least version', async () => {
    const { asked, witnesses } = createNoting('ok', answer(yes));
    const envelope = signed(naming({ [`${prefix}.verificationPluginMinVersion`]: '1.2.3' }));
    expect(await judge(envelope, witnesses)).toEqual({ accepted: true, possible: true, open: [] });
    expect(asked.plugin).toMatchObject([
      {
        name: 'com.example.plugin',
        minVersion: '1.2.3',
        identities: trust.writtenIdentities,
        wantsRevocation: true,
      },
    ]);
    expect(asked.revocation).toEqual([]);
  });

  it('leaves it undecided where it does not answer', async () => {
    const { witnesses } = createNoting();
    expect(await judge(signed({ ...naming(), by: [leaf(), root] }), witnesses)).toEqual({
      accepted: false,
      possible: true,
      open: ['plugin PLUGIN_NEEDED unknown'],
    });
    const audit = { ...levelActions.audit };
    expect((await judge(signed(naming()), witnesses, audit)).accepted).toBe(false);
  });

  it('says who is trusted instead of the names, where it can', async () => {
    const others = { identities: [parseIdentity('C=US,ST=WA,O=Other')] };
    expect((await judge(signed(naming()), createNoting('ok', answer(yes)).witnesses, others)).accepted).toBe(true);
    const no = createNoting('ok', answer({ ...yes, [both[0]]: false })).witnesses;
    expect((await judge(signed(naming()), no)).open).toEqual(['authenticity IDENTITY_NOT_TRUSTED fail']);
    const onlyRevocation = createNoting('ok', answer(yes, [both[1]])).witnesses;
    expect((await judge(signed(naming()), onlyRevocation, others)).open).toEqual([
      'authenticity IDENTITY_NOT_TRUSTED fail',
    ]);
  });

  it('cannot make an authority trusted', async () => {
    const { asked, witnesses } = createNoting('ok', answer(yes));
    expect((await judge(signed(naming()), witnesses, { ca: [], signingAuthority: trust.ca })).open).toContain(
      'authenticity CERTIFICATE_NOT_TRUSTED fail',
    );
    expect(asked.plugin).toEqual([]);
  });

  it('says what was revoked instead of responders, where it can', async () => {
    const no = createNoting('ok', answer({ ...yes, [both[1]]: false }));
    expect((await judge(signed(naming()), no.witnesses)).open).toEqual(['revocation CERTIFICATE_REVOKED fail']);
    expect((await judge(signed(naming()), no.witnesses, { revocation: 'log' })).open).toEqual([
      'revocation CERTIFICATE_REVOKED warn',
    ]);
    expect(no.asked.revocation).toEqual([]);
    const onlyIdentity = createNoting('revoked', answer(yes, [both[0]]));
    expect((await judge(signed(naming()), onlyIdentity.witnesses)).open).toEqual([
      'revocation CERTIFICATE_REVOKED fail',
    ]);
    expect(onlyIdentity.asked.revocation).toHaveLength(1);
  });

  it('that was asked nothing has looked at no critical attribute', async () => {
    const nothing = createNoting('ok', answer({}, [both[1]])).witnesses;
    const skip = { revocation: 'skip' } as const;
    expect((await judge(signed(naming()), nothing, skip)).accepted).toBe(true);
    expect((await judge(signed(naming({ 'com.example.must': 1 })), nothing, skip)).open).toEqual([
      'plugin ATTRIBUTE_UNKNOWN fail',
    ]);
  });
});
