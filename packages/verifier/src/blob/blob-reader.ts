import { createHash, type Hash } from 'node:crypto';
import {
  type PublicKey,
  type SignatureCheck,
  type SignatureScheme,
  schemesFor,
  startSignatureCheck,
  verifySignature,
} from '@signet/core';
import { PolicyError } from '../errors.ts';
import type { Signer } from '../formats/key-signature.ts';

/** Hashes of a file that may be asked for. */
export type BlobHash = 'sha256' | 'sha384' | 'sha512';

/** A signature over the file's own bytes. */
export interface BlobSignature {
  /** ECDSA in DER, as every writer of these has it. */
  readonly signature: Uint8Array;
  readonly keys: readonly PublicKey[];
}

/** What one reading of the file showed. */
export interface BlobFacts {
  readonly hashes: Readonly<Record<BlobHash, Uint8Array>>;
  /** Whose signature over the file it is, where one was to be looked for. */
  readonly signer?: Signer;
}

interface Trial extends Signer {
  /** Absent for Ed25519, which is tried on the whole file at the end. */
  readonly check?: SignatureCheck;
}

/**
 * Reads a file once, piece by piece, and hashes it for every key that may have signed it. Only for Ed25519 keys its bytes are held: a signature
 * of theirs needs them whole (RFC 8032, 5.1.7).
 */
export class BlobReader {
  private readonly hashes: Readonly<Record<BlobHash, Hash>> = {
    sha256: createHash('sha256'),
    sha384: createHash('sha384'),
    sha512: createHash('sha512'),
  };
  private readonly signature: Uint8Array;
  private readonly trials: readonly Trial[];
  private readonly held: Uint8Array[] = [];
  private readonly maxHeldBytes: number;
  private size = 0;

  constructor(signed: BlobSignature | undefined, maxHeldBytes: number) {
    this.signature = signed?.signature ?? new Uint8Array();
    this.trials = signed === undefined ? [] : signed.keys.flatMap((key) => trialsOf(key, signed.signature));
    this.maxHeldBytes = maxHeldBytes;
  }

  update(piece: Uint8Array): void {
    this.size += piece.length;
    for (const hash of Object.values(this.hashes)) hash.update(piece);
    for (const { check } of this.trials) check?.update(piece);
    if (!this.trials.some(({ check }) => check === undefined)) return;
    if (this.size <= this.maxHeldBytes) this.held.push(piece);
    else this.held.length = 0;
  }

  /** Once, after the last piece. @throws {PolicyError} BLOB_TOO_LARGE: only an Ed25519 key may have signed it, and it could not be held */
  finish(): BlobFacts {
    const { sha256, sha384, sha512 } = this.hashes;
    const signer = this.trials.find(({ check }) => check?.verify() === true) ?? this.findEd25519();
    const hashes = { sha256: sha256.digest(), sha384: sha384.digest(), sha512: sha512.digest() };
    return { hashes, ...(signer === undefined ? {} : { signer: { key: signer.key, scheme: signer.scheme } }) };
  }

  private findEd25519(): Trial | undefined {
    const trials = this.trials.filter(({ check }) => check === undefined);
    if (trials.length === 0) return undefined;
    if (this.size > this.maxHeldBytes) {
      const message = `a file of ${this.size} bytes: signatures by Ed25519 keys are verified over at most ${this.maxHeldBytes}`;
      throw new PolicyError('BLOB_TOO_LARGE', message);
    }
    const whole = Buffer.concat(this.held);
    return trials.find(({ key, scheme }) => verifySignature(key, scheme, whole, this.signature, 'der'));
  }
}

function trialsOf(key: PublicKey, signature: Uint8Array): readonly Trial[] {
  return schemesFor(key.kind, 'sigstore-message', 'verify').map((scheme) => trial(key, scheme, signature));
}

function trial(key: PublicKey, scheme: SignatureScheme, signature: Uint8Array): Trial {
  const check = startSignatureCheck(key, scheme, signature, 'der');
  return { key, scheme, ...(check === undefined ? {} : { check }) };
}
