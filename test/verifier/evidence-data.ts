import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { PublicKey } from '@signet/core';
import { type Digest, digestOf } from '@signet/oci';
import {
  type Check,
  type Evidence,
  type Finding,
  type Requirement,
  type Rule,
  type Ruling,
  rulingOf,
} from '@signet/verifier';

/** The image that the tables ask about, and another one. */
export const image: Digest = digestOf(Buffer.from('image'));
export const otherImage: Digest = digestOf(Buffer.from('other image'));

/** A key for decisions: nothing is ever verified with it, only its id counts. */
export function keyOf(name: string): PublicKey {
  const id = digestOf(Buffer.from(name)).slice('sha256:'.length);
  return {
    kind: 'ed25519',
    spki: Buffer.from(name),
    id,
    hint: Buffer.from(id, 'hex').toString('base64'),
    keyObject: someKey,
  };
}

const someKey = createPublicKey(generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }));

/** A source that trusts one key of the same name. */
export function source(name: string): Requirement & { readonly kind: 'source' } {
  return { kind: 'source', source: { name, keys: [keyOf(name)] } };
}

export function rule(require: Requirement, changes: Partial<Rule> = {}): Rule {
  return { name: 'test', mode: 'enforce', require, tag: 'any', annotations: {}, ...changes };
}

/** When all decisions of the tables are made. */
export const atMs: number = Date.UTC(2026, 10, 23, 9);

/** Nothing refused, and no image without a rule allowed. */
export function by(ruled: Rule | undefined, changes: Partial<Ruling> = {}): Ruling {
  return { ...rulingOf(ruled, atMs), ...changes };
}

export function evidenceOf(changes: Partial<Evidence> = {}): Evidence {
  return {
    asked: { reference: 'r.example/app:1', tag: '1', name: { repository: 'r.example/app', tag: '1' } },
    subject: { digest: image },
    envelopes: [],
    gaps: [],
    skipped: [],
    skippedTotal: 0,
    complete: true,
    ...changes,
  };
}

const passed = (name: Check['name']): Check => ({
  name,
  result: 'pass',
  code: 'OK',
  message: 'as expected',
  rule: 'test',
});

/** A finding that proves this signer. */
export function proof(
  signer: string,
  says: Partial<NonNullable<Finding['proven']>> = {},
  more: readonly Check[] = [],
): Finding {
  return {
    format: 'test',
    origin: digestOf(Buffer.from(`signature of ${signer} ${JSON.stringify(says)}`)),
    foundIn: 'blob',
    checks: [...(['integrity', 'authenticity', 'payload', 'subject'] as const).map(passed), ...more],
    claims: {},
    keyChecks: 1,
    proven: { identity: { kind: 'key', keyId: keyOf(signer).id }, subject: image, annotations: {}, ...says },
  };
}

/** A finding that proves nothing. */
export function failure(
  code: Check['code'],
  name: Check['name'] = 'authenticity',
  message = 'signed by key 3f…',
): Finding {
  const { proven: _, ...rest } = proof('nobody');
  return { ...rest, checks: [passed('integrity'), { name, result: 'fail', code, message, rule: 'test' }] };
}
