import type { SignedName } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { checkTag } from '../../../../packages/verifier/src/decision/checks/tag.ts';
import { proof, rule, source } from '../../evidence-data.ts';

const any = rule({ kind: 'any', of: [source('alice')] });
const bound = { ...any, tag: 'bound' } as const;
const proven = (says: Parameters<typeof proof>[1] = {}) => proof('alice', says).proven ?? expect.fail('proves nothing');

describe('checkTag', () => {
  const app: SignedName = { repository: 'r.example/app', tag: '1' };
  const withPort: SignedName = { repository: 'r.example:443/app', tag: '1' };
  const digestOnly: SignedName = { repository: 'r.example/app' };

  it.each<[string, string | undefined, SignedName | undefined, string, string]>([
    ['as asked', 'r.example/app:1', app, 'pass OK', 'pass OK'],
    ['in other letters of the host', 'R.Example/app:1', app, 'pass OK', 'pass OK'],
    ['with the default port', 'r.example:443/app:1', app, 'pass OK', 'pass OK'],
    ['asked with the default port', 'r.example/app:1', withPort, 'pass OK', 'pass OK'],
    ['with another port', 'r.example:5000/app:1', app, 'fail TAG_MISMATCH', 'skip NOT_ASKED'],
    ['another tag', 'r.example/app:2', app, 'fail TAG_MISMATCH', 'skip NOT_ASKED'],
    ['another repository', 'r.example/apps:1', app, 'fail TAG_MISMATCH', 'skip NOT_ASKED'],
    ['another registry', 's.example/app:1', app, 'fail TAG_MISMATCH', 'skip NOT_ASKED'],
    ['no tag signed', 'r.example/app', app, 'fail TAG_MISMATCH', 'skip NOT_ASKED'],
    ['no reference at all', 'http://r.example/app:1', app, 'fail TAG_MISMATCH', 'skip NOT_ASKED'],
    ['nothing signed', undefined, app, 'fail TAG_UNSIGNED', 'skip NOT_ASKED'],
    ['no tag asked', 'r.example/app:2', digestOnly, 'pass TAG_UNCHECKED', 'pass TAG_UNCHECKED'],
    ['no tag asked, another repository', 'r.example/b:2', digestOnly, 'fail TAG_MISMATCH', 'skip NOT_ASKED'],
    ['no name asked', 'r.example/app:1', undefined, 'fail TAG_NOTHING_TO_COMPARE', 'skip NOT_ASKED'],
  ])('%s', (_, signedReference, name, whenBound, otherwise) => {
    const signed = proven(signedReference === undefined ? {} : { signedReference });
    const outcome = (ruled: typeof any) => {
      const { result, code } = checkTag(signed, ruled, name);
      return `${result} ${code}`;
    };
    expect(outcome(bound)).toBe(whenBound);
    expect(outcome(any)).toBe(otherwise);
  });

  it('says what was signed and what was asked', () => {
    const message = (name: SignedName) => checkTag(proven({ signedReference: 'r.example/b:2' }), bound, name).message;
    expect(message(app)).toBe('signed for r.example/b:2, asked r.example/app:1');
    expect(message(digestOnly)).toBe('signed for r.example/b:2, asked r.example/app');
  });
});
