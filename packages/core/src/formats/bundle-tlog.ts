import { bytesAt, int64At } from './proto-values.ts';
import { below, listAt, membersAt, type Place, stringAt } from './strict-json.ts';

/** An entry of a transparency log as the bundle brings it; nothing in it is verified. Rule: sigstore_rekor.proto. */
export interface TlogEntry {
  /** Position in the whole log; a proof's own index may differ. */
  readonly logIndex: bigint;
  readonly logId: Uint8Array;
  readonly kind: string;
  readonly kindVersion: string;
  /** Seconds since 1970 UTC; 0 where the log gives none (Rekor v2). */
  readonly integratedTime: bigint;
  /** The signed entry timestamp (SET). */
  readonly inclusionPromise?: Uint8Array;
  readonly inclusionProof?: InclusionProof;
  readonly canonicalizedBody: Uint8Array;
}

/** Merkle proof of an entry with the signed checkpoint (a note) that it leads to. Rule: sigstore_rekor.proto, RFC 6962 2.1.1. */
export interface InclusionProof {
  readonly logIndex: bigint;
  readonly rootHash: Uint8Array;
  readonly treeSize: bigint;
  readonly hashes: readonly Uint8Array[];
  readonly checkpoint: string;
}

/** A tree of 2^63 leaves has no longer proof. */
const maxHashes = 64;

/** One item of `tlogEntries`. @throws {EnvelopeError} the place's code */
export function tlogEntryAt(value: unknown, place: Place): TlogEntry {
  const names = [
    'logIndex',
    'logId',
    'kindVersion',
    'integratedTime',
    'inclusionPromise',
    'inclusionProof',
    'canonicalizedBody',
  ] as const;
  const entry = membersAt(value, place, names, 'proto');
  const logId = membersAt(entry.logId ?? {}, below(place, 'logId'), ['keyId'], 'proto');
  const kindVersion = membersAt(entry.kindVersion ?? {}, below(place, 'kindVersion'), ['kind', 'version'], 'proto');
  return {
    logIndex: int64At(entry.logIndex ?? 0, below(place, 'logIndex')),
    logId: bytesAt(logId.keyId ?? '', below(place, 'logId.keyId')),
    kind: stringAt(kindVersion.kind ?? '', below(place, 'kindVersion.kind')),
    kindVersion: stringAt(kindVersion.version ?? '', below(place, 'kindVersion.version')),
    integratedTime: int64At(entry.integratedTime ?? 0, below(place, 'integratedTime')),
    ...(entry.inclusionPromise === undefined
      ? {}
      : { inclusionPromise: promiseAt(entry.inclusionPromise, below(place, 'inclusionPromise')) }),
    ...(entry.inclusionProof === undefined
      ? {}
      : { inclusionProof: proofAt(entry.inclusionProof, below(place, 'inclusionProof')) }),
    canonicalizedBody: bytesAt(entry.canonicalizedBody ?? '', below(place, 'canonicalizedBody')),
  };
}

function promiseAt(value: unknown, place: Place): Uint8Array {
  const { signedEntryTimestamp } = membersAt(value, place, ['signedEntryTimestamp'], 'proto');
  return bytesAt(signedEntryTimestamp ?? '', below(place, 'signedEntryTimestamp'));
}

function proofAt(value: unknown, place: Place): InclusionProof {
  const proof = membersAt(value, place, ['logIndex', 'rootHash', 'treeSize', 'hashes', 'checkpoint'], 'proto');
  const checkpoint = membersAt(proof.checkpoint ?? {}, below(place, 'checkpoint'), ['envelope'], 'proto');
  const hashes = below(place, 'hashes');
  return {
    logIndex: int64At(proof.logIndex ?? 0, below(place, 'logIndex')),
    rootHash: bytesAt(proof.rootHash ?? '', below(place, 'rootHash')),
    treeSize: int64At(proof.treeSize ?? 0, below(place, 'treeSize')),
    hashes: listAt(proof.hashes, hashes, maxHashes).map((each, at) => bytesAt(each, below(hashes, at))),
    checkpoint: stringAt(checkpoint.envelope ?? '', below(place, 'checkpoint.envelope')),
  };
}
