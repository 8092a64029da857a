import { checkFile, type FileMeta } from '../metadata/hashes.ts';
import { parseSnapshot, parseTimestamp, type Snapshot, type Timestamp } from '../metadata/snapshot.ts';
import type { Reader } from '../reader.ts';
import type { Freshness } from './freshness.ts';
import type { TrustedRoot } from './root.ts';
import { checkSigned } from './signers.ts';

/** What the parts of the verification need. */
export interface Steps {
  readonly reader: Reader;
  readonly freshness: Freshness;
  readonly allowMissing: boolean;
  /** Roles whose files are not there, and were not needed since the caller allowed it. */
  readonly missing: string[];
}

/**
 * The current snapshot: the timestamp, signed and in its time, names it by length and hash; it names the root that was read in the same way.
 * Undefined where it is not there and need not be. Rule: Notary, tuf/builder.go loadTimestamp, loadSnapshot.
 * @throws {DctError} DCT_FILE_MISSING, DCT_NOT_SIGNED, DCT_EXPIRED, DCT_MISMATCH, DCT_MALFORMED
 */
export async function readCurrent({ root }: TrustedRoot, steps: Steps): Promise<Snapshot | undefined> {
  const timestamp = await readTimestamp(root, steps);
  const snapshot = await readSnapshot(root, timestamp, steps);
  if (snapshot !== undefined) checkFile(root.bytes, snapshot.root, 'root');
  return snapshot;
}

/** The bytes of a file as another one states them. @throws {DctError} DCT_MISMATCH, DCT_FILE_MISSING unless that is allowed */
export async function readStated(
  role: string,
  meta: FileMeta | undefined,
  { reader, allowMissing, missing }: Steps,
): Promise<Uint8Array | undefined> {
  const sha256 = meta === undefined ? {} : { sha256: Buffer.from(meta.sha256).toString('hex') };
  const bytes = await reader.find({ role, ...sha256 });
  if (bytes !== undefined && meta !== undefined) checkFile(bytes, meta, role);
  if (bytes === undefined && !allowMissing) throw reader.missing({ role });
  if (bytes === undefined) missing.push(role);
  return bytes;
}

async function readTimestamp(root: TrustedRoot['root'], steps: Steps): Promise<Timestamp | undefined> {
  const bytes = await readStated('timestamp', undefined, steps);
  if (bytes === undefined) return undefined;
  const timestamp = parseTimestamp(bytes);
  checkSigned(timestamp, root.roles.timestamp, root.keys);
  steps.freshness.check(timestamp);
  return timestamp;
}

async function readSnapshot(
  root: TrustedRoot['root'],
  timestamp: Timestamp | undefined,
  steps: Steps,
): Promise<Snapshot | undefined> {
  const bytes = await readStated('snapshot', timestamp?.snapshot, steps);
  if (bytes === undefined) return undefined;
  const snapshot = parseSnapshot(bytes);
  checkSigned(snapshot, root.roles.snapshot, root.keys);
  steps.freshness.check(snapshot);
  return snapshot;
}
