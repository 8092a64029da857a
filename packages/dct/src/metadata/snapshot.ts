import * as v from 'valibot';
import { dctLimits } from '../limits.ts';
import { type FileMeta, fileMetaSchema } from './hashes.ts';
import { malformed, members, membersOf, readAs, shown } from './reading.ts';
import { parseSigned, type SignedFile } from './signed.ts';

/** A timestamp: which snapshot is the current one. */
export interface Timestamp extends SignedFile {
  readonly snapshot: FileMeta;
}

/** A snapshot: which file of each role is the current one. */
export interface Snapshot extends SignedFile {
  readonly root: FileMeta;
  readonly targets: FileMeta;
  /** By role, those two included. */
  readonly files: ReadonlyMap<string, FileMeta>;
}

const metaSchema = v.object({ meta: members });

/** @throws {DctError} DCT_MALFORMED, DCT_TOO_LARGE */
export function parseTimestamp(bytes: Uint8Array): Timestamp {
  const file = parseSigned(bytes, 'Timestamp', 'timestamp');
  const files = filesOf(file);
  return { ...file, snapshot: fileOf(files, 'snapshot', 'timestamp') };
}

/** @throws {DctError} DCT_MALFORMED, DCT_TOO_LARGE */
export function parseSnapshot(bytes: Uint8Array): Snapshot {
  const file = parseSigned(bytes, 'Snapshot', 'snapshot');
  const files = filesOf(file);
  return { ...file, files, root: fileOf(files, 'root', 'snapshot'), targets: fileOf(files, 'targets', 'snapshot') };
}

function filesOf({ signed, what }: SignedFile): ReadonlyMap<string, FileMeta> {
  const { meta } = readAs(metaSchema, signed, what);
  const entries = membersOf(meta, dctLimits.maxRoles, `${what}, meta`);
  return new Map(entries.map(([role, value]) => [role, readAs(fileMetaSchema, value, `${what}, ${shown(role)}`)]));
}

function fileOf(files: ReadonlyMap<string, FileMeta>, role: string, what: string): FileMeta {
  const meta = files.get(role);
  if (meta === undefined) throw malformed(`${what} does not name the file of ${role}`);
  return meta;
}
