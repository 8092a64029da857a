/** Bounds on what is read of one repository. Notary itself stops at 100 MiB a file, and at 1 MiB for the timestamp. */
export interface DctLimits {
  /** Bytes of one file. */
  readonly maxFileBytes: number;
  readonly maxTimestampBytes: number;
  /** Bytes of all files together. */
  readonly maxTotalBytes: number;
  readonly maxJsonDepth: number;
  readonly maxSignatures: number;
  /** Keys, and roles, that one file names. */
  readonly maxKeys: number;
  readonly maxRoles: number;
  /** Delegations of all levels that are read. */
  readonly maxDelegations: number;
  /** Targets of one file. */
  readonly maxTargets: number;
  /** Older roots that are looked at on the way to a pinned one. */
  readonly maxRootVersions: number;
  /** Bytes of one public key, certificates included, and the certificates in it. */
  readonly maxKeyBytes: number;
  readonly maxCertificates: number;
  /** Of all reading together. */
  readonly timeoutMs: number;
}

export const dctLimits: DctLimits = {
  maxFileBytes: 16 * 1024 * 1024,
  maxTimestampBytes: 1024 * 1024,
  maxTotalBytes: 64 * 1024 * 1024,
  maxJsonDepth: 32,
  maxSignatures: 64,
  maxKeys: 1000,
  maxRoles: 1000,
  maxDelegations: 256,
  maxTargets: 50_000,
  maxRootVersions: 64,
  maxKeyBytes: 65_536,
  maxCertificates: 8,
  timeoutMs: 120_000,
};
