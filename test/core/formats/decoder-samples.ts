import { EnvelopeError } from '@signet/core';

/** A value that JSON can hold, with named members. */
export type Json = Record<string, unknown>;

/** What a parser gave, or the code of its EnvelopeError; any other error comes through. */
export function codeOf(parse: () => unknown): string {
  try {
    parse();
    return 'read';
  } catch (error) {
    if (error instanceof EnvelopeError) return error.code;
    throw error;
  }
}

export const encode = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const dsse: Json = {
  payload: base64('{}'),
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ sig: base64('signature') }],
};

export const message: Json = {
  messageDigest: { algorithm: 'SHA2_256', digest: Buffer.alloc(32, 1).toString('base64') },
  signature: base64('signature'),
};

/** A bundle of version 0.3 with a key, and what a test changes in it. */
export function bundle(changes: Json = {}): Json {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: 'a hint' } },
    dsseEnvelope: dsse,
    ...changes,
  };
}

/** A log entry, and what a test changes in it. */
export function entry(changes: Json = {}): Json {
  return {
    logIndex: '12',
    logId: { keyId: base64('log') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: '1750000000',
    inclusionProof: {
      logIndex: '11',
      rootHash: base64('root'),
      treeSize: '20',
      hashes: [base64('hash')],
      checkpoint: { envelope: 'a note' },
    },
    canonicalizedBody: base64('{}'),
    ...changes,
  };
}

export const statement: Json = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: 'a'.repeat(64) }, annotations: { a: 'b' } }],
  predicateType: 'https://sigstore.dev/cosign/sign/v1',
  predicate: {},
};

export const simple: Json = {
  critical: {
    identity: { 'docker-reference': 'r.example/app' },
    image: { 'docker-manifest-digest': `sha256:${'a'.repeat(64)}` },
    type: 'cosign container image signature',
  },
  optional: { env: 'prod' },
};
