import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessAllows, createTokenSigner, type TokenClaims } from '../../../packages/registry/src/auth/tokens.ts';

const claims: TokenClaims = {
  use: 'access',
  subject: 'somebody',
  access: [{ type: 'repository', name: 'team/app', actions: ['pull'] }],
};

describe('tokens', () => {
  it('say what was signed, until their time is over', () => {
    let now = 1_000_000;
    const signer = createTokenSigner('registry', () => now);
    const token = signer.sign(claims, 60);
    expect(signer.verify(token, 'access')).toEqual(claims);
    now += 59_999;
    expect(signer.verify(token, 'access')).toEqual(claims);
    now += 1;
    expect(signer.verify(token, 'access')).toBeUndefined();
  });

  it('are of one use', () => {
    const signer = createTokenSigner('registry', Date.now);
    expect(signer.verify(signer.sign(claims, 60), 'refresh')).toBeUndefined();
    const refresh = signer.sign({ ...claims, use: 'refresh' }, 60);
    expect([signer.verify(refresh, 'refresh')?.subject, signer.verify(refresh, 'access')]).toEqual([
      'somebody',
      undefined,
    ]);
  });

  it('of another registry are none', () => {
    const token = createTokenSigner('registry', Date.now).sign(claims, 60);
    expect(createTokenSigner('registry', Date.now).verify(token, 'access')).toBeUndefined();
  });

  it('that name no algorithm are none', () => {
    const signer = createTokenSigner('registry', Date.now);
    const [, body = '', signature = ''] = signer.sign(claims, 60).split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    for (const token of [`${none}.${body}.`, `${none}.${body}.${signature}`])
      expect(signer.verify(token, 'access')).toBeUndefined();
  });

  it('with one character changed, cut or added are none', () => {
    const signer = createTokenSigner('registry', Date.now);
    const token = signer.sign(claims, 60);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '0', '.', '-', ''), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        // The last character of base64url has bits that are not read.
        if (changed === token || at === token.length - 1) return;
        expect(signer.verify(changed, 'access')).toBeUndefined();
      }),
    );
    expect(signer.verify(`${token}.x`, 'access')).toBeUndefined();
  });

  it('of any text are none', () => {
    const signer = createTokenSigner('registry', Date.now);
    fc.assert(fc.property(fc.string(), (text) => signer.verify(text, 'access') === undefined));
    expect(signer.verify('a'.repeat(20_000), 'access')).toBeUndefined();
  });
});

it.each([
  ['team/app', 'pull', true],
  ['team/app', 'push', false],
  ['team/application', 'pull', false],
  ['team', 'pull', false],
] as const)('access to %s for %s: %s', (name, action, wanted) => {
  expect(accessAllows(claims.access, name, action)).toBe(wanted);
});
