import type { ExampleKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { AccessFlags, AnswerFlags, ServerStateFlags, WebhookFlags } from '../options/serving.ts';
import type { SelfMadeFlags } from './self-made.ts';

/** Its groups of options. */
type Groups = OutputFlags &
  PolicyFlags &
  ExampleKeyFlags &
  ServerStateFlags &
  RegistryFlags &
  AnswerFlags &
  AccessFlags &
  WebhookFlags;

/** The flags of `signet serve`; times in milliseconds. */
export interface ServeFlags extends Groups, SelfMadeFlags {
  readonly socket?: string;
  readonly valkey?: string;
  readonly valkeySecretFile?: string;
  readonly valkeyPasswordFile?: string;
  readonly valkeyCaFile?: string;
  readonly valkeyTimeout: number;
  readonly imagePath?: readonly string[];
  readonly pullSecrets?: boolean;
  readonly serviceAccountDir?: string;
}
