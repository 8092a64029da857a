import { below, listAt, objectAt, type Place, shown, stringAt } from '../formats/strict-json.ts';
import { publicKeyFrom } from '../keys/public-key.ts';
import type { NotaryAlgorithm } from '../notary/algorithms.ts';
import { verifyNotarySignature } from '../notary/signature.ts';
import { checkKeyId } from './describe-key.ts';
import {
  type Answer,
  type AskOptions,
  breach,
  configMember,
  contractVersion,
  type PluginProgram,
  readAnswer,
} from './program.ts';
import { bytesAt } from './read-bytes.ts';
import { readSigningChain } from './signing-chain.ts';

/** What a plugin is to sign. */
export interface SignatureQuestion {
  readonly keyId: string;
  /** As `describe-key` told it. */
  readonly algorithm: NotaryAlgorithm;
  /** The bytes that are hashed and signed. */
  readonly payload: Uint8Array;
  /** Milliseconds since 1970 UTC: when the certificates have to be valid. */
  readonly atMs: number;
}

/** A signature that holds: it was verified with the key of the first certificate. */
export interface RawSignature {
  /** ECDSA as r and s side by side. */
  readonly signature: Uint8Array;
  /** DER, the signer's own first. */
  readonly certificates: readonly Uint8Array[];
}

const maxCertificates = 10;

/**
 * Lets a plugin sign bytes; what comes back is by the key that was asked for, by its one algorithm, with a chain that verifiers take, and
 * verifies. Rule: wire-formats 10 "After RAW".
 * @throws {PluginError} PLUGIN_CONTRACT; what running it throws
 */
export async function generateSignature(
  program: PluginProgram,
  question: SignatureQuestion,
  { config, signal }: AskOptions = {},
): Promise<RawSignature> {
  const command = 'generate-signature';
  const { keyId, algorithm, payload } = question;
  const request = {
    contractVersion,
    keyId,
    ...configMember(config),
    keySpec: algorithm.keySpec,
    hashAlgorithm: algorithm.hash.replace('sha', 'SHA-'),
    payload: Buffer.from(payload).toString('base64'),
  };
  const bytes = await program.call(command, request, signal);
  return parseRawSignature({ plugin: program.name, command, bytes }, question);
}

/** The answer alone. @throws {PluginError} PLUGIN_CONTRACT */
export function parseRawSignature(answer: Answer, question: SignatureQuestion): RawSignature {
  const { keyId, algorithm, payload, atMs } = question;
  const told = readAnswer(answer, toAnswer);
  checkKeyId(answer, told.keyId, keyId);
  if (told.signingAlgorithm !== algorithm.name)
    throw breach(
      answer,
      `a key ${algorithm.keySpec} signs with ${algorithm.name}, not ${shown(told.signingAlgorithm)}`,
    );
  const { signature, certificates } = told;
  const leaf = readSigningChain(answer, certificates, { algorithm, atMs });
  const key = publicKeyFrom(leaf.publicKey);
  if (!verifyNotarySignature(key, { toVerify: payload, signature, algorithm }))
    throw breach(
      answer,
      `the signature does not verify with the key of the first certificate${derHint(told, algorithm)}`,
    );
  return { signature, certificates };
}

interface Told extends RawSignature {
  readonly keyId: string;
  readonly signingAlgorithm: string;
}

function toAnswer(document: unknown, place: Place): Told {
  const members = objectAt(document, place);
  const chainAt = below(place, 'certificateChain');
  const chain = listAt(members.certificateChain, chainAt, maxCertificates);
  return {
    keyId: stringAt(members.keyId, below(place, 'keyId')),
    signature: bytesAt(members.signature, below(place, 'signature')),
    signingAlgorithm: stringAt(members.signingAlgorithm, below(place, 'signingAlgorithm')),
    certificates: chain.map((each, at) => bytesAt(each, below(chainAt, at))),
  };
}

/** What plugins get wrong most often. */
function derHint({ signature }: Told, { name }: NotaryAlgorithm): string {
  const isDer = name.startsWith('ECDSA') && signature[0] === 0x30 && signature.length !== 64;
  return isDer ? ': it looks like DER, and r and s side by side are wanted' : '';
}
