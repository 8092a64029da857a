import type { LogLevel } from '@signet/admission';
import type { KeyFormatName } from '@signet/core';
import type { SigningKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { AccessFlags, WebhookFlags } from '../options/serving.ts';

/** Its groups of options. */
type Groups = OutputFlags & PolicyFlags & SigningKeyFlags & RegistryFlags & AccessFlags & WebhookFlags;

/** The flags of `signet push-signer`; times in milliseconds. */
export interface PushSignerFlags extends Groups {
  readonly repository?: readonly string[];
  readonly format: KeyFormatName;
  readonly reload: number;
  readonly grace: number;
  readonly logLevel: LogLevel;
}
