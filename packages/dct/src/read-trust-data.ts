import { parseGun } from './gun.ts';
import { dctLimits } from './limits.ts';
import type { TrustKey } from './metadata/keys.ts';
import { createReader } from './reader.ts';
import type { MetadataSource } from './source.ts';
import { type Tags, tagsOf } from './tags.ts';
import { readCurrent, type Steps } from './verify/current.ts';
import { createFreshness, type Expired } from './verify/freshness.ts';
import { checkPin, type RootPin } from './verify/pin.ts';
import { readRoot, type TrustedRoot } from './verify/root.ts';
import { readRoles, type SilentRole } from './verify/targets.ts';

/** What is asked about a repository's trust data. */
export interface TrustQuestion {
  /** The repository as Docker names it: `registry.example.com/team/app`, `docker.io/library/alpine`. */
  readonly gun: string;
  /** Default: the root is trusted on first use. */
  readonly pin?: RootPin;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Takes what is past its time, and says so: for data whose service has ended. Default: it is refused. */
  readonly allowExpired?: boolean;
  /** Does without timestamp, snapshot and delegations that are not there, and says so: a folder may be incomplete. Default: refused. */
  readonly allowMissing?: boolean;
  /** For all files together; default: two minutes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Ids of a key: see {@link TrustKey}. */
export type KeyIds = Pick<TrustKey, 'id' | 'canonicalId'>;

/** A role that `targets`, or a delegation, delegates to. */
export interface Delegation {
  readonly name: string;
  readonly keys: readonly KeyIds[];
  readonly threshold: number;
  readonly paths: readonly string[];
  readonly state: 'signed' | SilentRole['state'];
  readonly code?: SilentRole['code'];
  readonly message?: string;
}

/** Verified trust data of one repository. */
export interface TrustData extends Tags {
  readonly gun: string;
  readonly root: {
    readonly version: number;
    readonly keys: readonly KeyIds[];
    readonly trustedBy: RootPin['kind'];
    /** The root that fitted the pin: an older one, where the root keys were changed since. */
    readonly pinnedVersion: number;
  };
  readonly delegations: readonly Delegation[];
  /** Only where `allowExpired`. */
  readonly expired: readonly Expired[];
  /** Roles whose files are not there; only where `allowMissing`. */
  readonly missing: readonly string[];
}

/**
 * Reads and verifies a repository's Docker Content Trust metadata as its own client does: root, timestamp, snapshot, targets, delegations.
 * @throws {DctError} as its codes say; {RegistryError} from a server
 */
export async function readTrustData(source: MetadataSource, question: TrustQuestion): Promise<TrustData> {
  const { gun, pin = { kind: 'firstUse' }, nowMs, allowExpired = false, allowMissing = false } = question;
  const { signal, timeoutMs = dctLimits.timeoutMs } = question;
  parseGun(gun);
  const reader = createReader(source, { timeoutMs, signal });
  const freshness = createFreshness(nowMs, allowExpired);
  const steps: Steps = { reader, freshness, allowMissing, missing: [] };
  const trusted = await readRoot(reader, { gun, pin: checkPin(pin), freshness });
  const snapshot = await readCurrent(trusted, steps);
  const roles = await readRoles(trusted, snapshot, steps);
  const signed = [...roles.signed.values()].filter(({ role }) => role.name !== 'targets');
  return {
    gun,
    root: rootFacts(trusted, pin),
    ...tagsOf(roles),
    delegations: [...signed.map((role) => ({ ...role, state: 'signed' as const })), ...roles.silent].map(delegationOf),
    expired: freshness.expired,
    missing: steps.missing,
  };
}

function rootFacts({ root, signers, pinnedVersion }: TrustedRoot, pin: RootPin): TrustData['root'] {
  return { version: root.version, keys: signers.map(idsOf), trustedBy: pin.kind, pinnedVersion };
}

function delegationOf({
  role,
  keys,
  state,
  ...rest
}: Pick<SilentRole, 'role' | 'keys' | 'code' | 'message'> & { readonly state: Delegation['state'] }): Delegation {
  const { name, keyIds, threshold, paths } = role;
  const { code, message } = rest;
  const own = keyIds.flatMap((id) => keys.get(id) ?? []);
  return {
    name,
    keys: own.map(idsOf),
    threshold,
    paths,
    state,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  };
}

function idsOf({ id, canonicalId }: TrustKey): KeyIds {
  return { id, canonicalId };
}
