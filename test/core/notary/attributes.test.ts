import { parseNotaryEnvelope } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { cose, header, jws, type Said, signedAt, Time } from './envelopes.ts';

const later = new Time(signedAt.seconds + 60);
const authority = {
  [header.scheme]: 'notary.x509.signingAuthority',
  [header.signingTime]: undefined,
  [header.authenticTime]: signedAt,
};

const refused: readonly (readonly [what: string, said: Said, message: string])[] = [
  ['no list of critical headers', { crit: [] }, 'the list of critical headers is empty'],
  ['one that is named twice', { crit: [header.scheme, header.scheme] }, 'names one twice'],
  ['a critical header that is not there', { crit: [header.scheme, 'other'] }, '"other" is critical, but not there'],
  ['a critical signing time', { crit: [header.scheme, header.signingTime] }, 'signingTime" must not be critical'],
  ['a scheme that is not critical', { crit: ['x'], headers: { x: 1 } }, 'signingScheme" is not critical'],
  ['an expiry that is not critical', { headers: { [header.expiry]: later } }, 'expiry" is not critical'],
  ['a plugin that is not critical', { headers: { [header.plugin]: 'p' } }, 'verificationPlugin" is not critical'],
  [
    'an expiry that is not later',
    { crit: [header.scheme, header.expiry], headers: { [header.expiry]: signedAt } },
    'the expiry is not later than the signing time',
  ],
  [
    'a plugin without a name',
    { crit: [header.scheme, header.plugin], headers: { [header.plugin]: ' ' } },
    'verificationPlugin" is no text',
  ],
  ['no signing time', { headers: { [header.signingTime]: undefined } }, 'signingTime" is missing'],
  ['a signing time that is none', { headers: { [header.signingTime]: 'yesterday' } }, 'signingTime" is no time'],
  [
    "an authority's time where the signer tells it",
    { crit: [header.scheme, header.authenticTime], headers: { [header.authenticTime]: signedAt } },
    'authenticSigningTime" is there, which notary.x509 does not allow',
  ],
  [
    "the signer's time where an authority tells it",
    { crit: [header.scheme, header.authenticTime], headers: { ...authority, [header.signingTime]: signedAt } },
    'signingTime" is there, which notary.x509.signingAuthority does not allow',
  ],
  ["an authority's time that is not critical", { headers: authority }, 'authenticSigningTime" is not critical'],
  ['another content type', { cty: 'text/plain' }, 'the content type is "text/plain"'],
  ['another scheme', { headers: { [header.scheme]: 'notary.x510' } }, 'the signing scheme is "notary.x510"'],
];

/** Rule: wire-formats 8.3, the table; the same for both forms. */
describe.each([
  ['jws', jws],
  ['cose', cose],
] as const)('the protected header, %s', (form, make) => {
  const read = (said: Said) => parseNotaryEnvelope(make(said), form).attributes;

  it('says the scheme and its time', () => {
    expect(read({})).toEqual({ scheme: 'notary.x509', signingTimeMs: signedAt.seconds * 1000, extended: [] });
    expect(read({ crit: [header.scheme, header.authenticTime], headers: authority })).toEqual({
      scheme: 'notary.x509.signingAuthority',
      authenticSigningTimeMs: signedAt.seconds * 1000,
      extended: [],
    });
  });

  it('says expiry and plugin, and what the format does not know, with whether it may be ignored', () => {
    const headers = { [header.expiry]: later, [header.plugin]: 'corp', known: 'a', unknown: 'b' };
    expect(read({ crit: [header.scheme, header.expiry, header.plugin, 'unknown'], headers })).toMatchObject({
      expiryMs: later.seconds * 1000,
      verificationPlugin: 'corp',
      extended: [
        { name: 'known', value: 'a', isCritical: false },
        { name: 'unknown', value: 'b', isCritical: true },
      ],
    });
  });

  it.each(refused)('is refused with %s', (_, said, message) => {
    expect(() => read(said)).toThrow(message);
  });

  it.each([['none'], ['HS256'], ['RS256'], ['EdDSA'], [-8], [-257], [null], [5]])(
    'is refused with algorithm %j',
    (alg) => {
      expect(() => read({ alg })).toThrow(/is none of the six/);
    },
  );
});
