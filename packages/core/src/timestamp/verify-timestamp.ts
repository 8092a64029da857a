import { createHash } from 'node:crypto';
import { orUnusable, unusable } from '../asn1/structure.ts';
import type { Certificate } from '../x509/certificate.ts';
import { checkDer } from '../x509/der-shape.ts';
import { sha2 } from '../x509/signature-hash.ts';
import { readSignedToken } from './signed-token.ts';
import { chainToAnchor } from './token-chain.ts';
import { readTstInfo, type TstInfo } from './tst-info.ts';

/** A time that an authority has confirmed. */
export interface VerifiedTimestamp {
  /** Milliseconds since 1970 UTC. */
  readonly genTimeMs: number;
  /** The time lies within so many milliseconds of it, on both sides. */
  readonly accuracyMs: number;
  /** Of the authority, its own certificate first, the trusted root last. Whether they were revoked is not known. */
  readonly chain: readonly Certificate[];
  /** OID. */
  readonly policy: string;
  /** Content of the number that was asked with, lower-case hex. */
  readonly nonce?: string;
}

/** What a token is held against. */
export interface TimestampQuestion {
  /** The bytes that were there at that time: a signature, as it is. */
  readonly signature: Uint8Array;
  /** Roots of authorities that are trusted. */
  readonly anchors: readonly Certificate[];
}

/** What a token says. Whether anybody trusts its authority is not looked at. */
export interface ReadTimestamp extends Omit<VerifiedTimestamp, 'chain'> {
  /** All that came with it, in its order. */
  readonly certificates: readonly Certificate[];
}

/** A token with a chain has some 6 KiB. */
export const maxTokenBytes: number = 256 * 1024;
const maxElements = 20_000;
/** ETSI's policy says one second where the token says nothing. Rule: wire-formats 9.5, 7 */
const etsiPolicy = '0.4.0.2023.1.1';

/**
 * Verifies a TimeStampToken (DER, no TimeStampResp) completely, but for revocation: its signature, its signer's chain at that time, and that it is
 * about these bytes. Never throws for what is wrong with a token: that is a problem. DER alone is read; notation reads BER, too.
 * Rule: wire-formats 7.7, 8.6, 9.5, 7; RFC 3161, 2.4.2.
 */
export function verifyTimestamp(
  token: Uint8Array,
  question: TimestampQuestion,
): VerifiedTimestamp | { readonly problem: string } {
  return orUnusable<VerifiedTimestamp | { readonly problem: string }>(
    () => verifyToken(token, question),
    (problem) => ({ problem }),
  );
}

/** What a token says that is about these bytes and signed by one of its certificates, whoever that is. Never throws, as {@link verifyTimestamp}. */
export function readTimestamp(token: Uint8Array, signature: Uint8Array): ReadTimestamp | { readonly problem: string } {
  return orUnusable<ReadTimestamp | { readonly problem: string }>(
    () => {
      const { signer: _, ...read } = readToken(token, signature);
      return read;
    },
    (problem) => ({ problem }),
  );
}

function verifyToken(token: Uint8Array, { signature, anchors }: TimestampQuestion): VerifiedTimestamp {
  const { signer, certificates, ...says } = readToken(token, signature);
  const found = chainToAnchor(signer, { certificates, anchors, atMs: says.genTimeMs });
  if ('why' in found) throw unusable(found.why);
  return { ...says, chain: found.chain };
}

function readToken(token: Uint8Array, signature: Uint8Array): ReadTimestamp & { readonly signer: Certificate } {
  if (token.length > maxTokenBytes) throw unusable(`it has ${token.length} bytes, at most ${maxTokenBytes} are read`);
  checkDer(token, unusable, maxElements);
  const { content, signer, certificates } = readSignedToken(token);
  const info = readTstInfo(content);
  checkImprint(info, signature);
  const { policy, genTimeMs, nonce, accuracyMs = policy === etsiPolicy ? 1000 : 0 } = info;
  return { policy, genTimeMs, accuracyMs, signer, certificates, ...(nonce === undefined ? {} : { nonce }) };
}

function checkImprint({ imprint }: TstInfo, signature: Uint8Array): void {
  const hash = sha2.get(imprint.hash);
  if (hash === undefined) throw unusable('its imprint is by a hash that is not taken');
  if (!createHash(hash).update(signature).digest().equals(imprint.value))
    throw unusable('it is not about this signature');
}
