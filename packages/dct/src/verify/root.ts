import { DctError } from '../errors.ts';
import { dctLimits } from '../limits.ts';
import type { TrustKey } from '../metadata/keys.ts';
import type { RoleKeys } from '../metadata/roles.ts';
import { parseRoot, type Root } from '../metadata/root.ts';
import type { Reader } from '../reader.ts';
import { nameOf } from '../source.ts';
import { certificateFault } from './certificate.ts';
import type { Freshness } from './freshness.ts';
import type { CheckedPin } from './pin.ts';
import { checkSigned } from './signers.ts';

/** A root that is believed, and why. */
export interface TrustedRoot {
  readonly root: Root;
  readonly signers: readonly TrustKey[];
  /** The version that the pin fitted: this root's own, or an older one whose keys signed the next, and so on. */
  readonly pinnedVersion: number;
}

interface RootQuestion {
  readonly gun: string;
  readonly pin: CheckedPin;
  readonly freshness: Freshness;
}

/**
 * The current root: signed by its own root keys, in certificates for this repository, and pinned itself or through the chain of older roots, each
 * of which signed the next. Rule: Notary, trustpinning/certs.go ValidateRoot; client/tufclient.go updateRootVersions.
 * @throws {DctError} DCT_NOT_THERE, DCT_NOT_SIGNED, DCT_ROOT_CERTIFICATE, DCT_EXPIRED, DCT_ROOT_NOT_TRUSTED, DCT_ROLLBACK
 */
export async function readRoot(reader: Reader, question: RootQuestion): Promise<TrustedRoot> {
  const bytes = await reader.find({ role: 'root' });
  if (bytes === undefined)
    throw new DctError(
      'DCT_NOT_THERE',
      `no Docker Content Trust data for ${question.gun}: ${reader.missing({ role: 'root' }).message}`,
    );
  const root = parseRoot(bytes);
  const signers = checkOwnSigners(root, question);
  const pinnedVersion = await findPinned(root, signers, reader, question);
  question.freshness.check(root);
  return { root, signers, pinnedVersion };
}

/** Signed by the threshold of its own root keys, of those alone whose certificates are fit. */
function checkOwnSigners(root: Root, { gun, freshness }: RootQuestion): readonly TrustKey[] {
  const signers = checkSigned(root, fitRole(root, gun, freshness.nowMs), root.keys);
  for (const { id, certificates } of signers) {
    const expiresMs = certificates[0]?.validToDate.getTime() ?? 0;
    freshness.check({ what: `the certificate of root key ${id.slice(0, 12)}…`, expiresMs });
  }
  return signers;
}

/** The root role with the keys that are fit. @throws {DctError} DCT_ROOT_CERTIFICATE where none is */
function fitRole({ roles: { root }, keys, what }: Root, gun: string, nowMs: number): RoleKeys {
  const faults: string[] = [];
  const keyIds = root.keyIds.filter((id) => {
    const key = keys.get(id);
    const fault = key === undefined ? 'it is not there' : certificateFault(key, gun, nowMs);
    if (fault !== undefined) faults.push(`${id.slice(0, 12)}…: ${fault}`);
    return fault === undefined;
  });
  if (keyIds.length === 0)
    throw new DctError('DCT_ROOT_CERTIFICATE', `${what}: no root key counts for ${gun}: ${faults.join('; ')}`);
  return { ...root, keyIds };
}

/** Goes back from the current root until one fits the pin. */
async function findPinned(
  current: Root,
  signers: readonly TrustKey[],
  reader: Reader,
  question: RootQuestion,
): Promise<number> {
  const { pin, gun, freshness } = question;
  if (current.version < pin.lowest)
    throw new DctError(
      'DCT_ROLLBACK',
      `root has the version ${current.version}, and version ${pin.lowest} was seen before`,
    );
  if (pin.fits(current, signers)) return current.version;
  const end = Math.max(pin.lowest, current.version - dctLimits.maxRootVersions);
  let newer = current;
  for (let version = current.version - 1; version >= end; version -= 1) {
    const older = await readOlder(version, reader);
    if (older === undefined) break;
    const role = fitRole(older, gun, freshness.nowMs);
    checkSigned(newer, role, older.keys);
    if (pin.fits(older, checkSigned(older, role, older.keys))) return version;
    newer = older;
  }
  const how = pin.kind === 'root' ? 'does not follow from the pinned root' : 'is not signed by a pinned key';
  throw new DctError(
    'DCT_ROOT_NOT_TRUSTED',
    `the root of ${gun} ${how}, nor through the older roots that are there (looked back to version ${newer.version})`,
  );
}

/** An older root; how old its certificates are does not matter: they were good when it signed the next. */
async function readOlder(version: number, reader: Reader): Promise<Root | undefined> {
  const file = { role: 'root', version };
  const bytes = await reader.find(file);
  if (bytes === undefined) return undefined;
  const older = parseRoot(bytes, nameOf(file));
  if (older.version !== version) throw new DctError('DCT_MISMATCH', `${nameOf(file)} has the version ${older.version}`);
  return older;
}
