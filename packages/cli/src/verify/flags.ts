import type { TrustedKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';

/** What `signet verify` is told beside its references. */
export interface VerifyFlags extends TrustedKeyFlags, RegistryFlags, OutputFlags {
  readonly tagBound?: boolean;
  readonly annotation?: readonly string[];
  readonly platform?: string;
  readonly signedReference?: string;
  readonly maxSignatures?: number;
  /** Milliseconds. */
  readonly wait?: number;
  readonly strict?: boolean;
}
