import type { ExampleKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { AnswerFlags } from '../options/serving.ts';

/** The flags of `signet serve`; times in milliseconds. */
export interface ServeFlags extends OutputFlags, PolicyFlags, ExampleKeyFlags, RegistryFlags, AnswerFlags {
  readonly host: string;
  readonly port: number;
  readonly socket?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly requireClientCert?: boolean;
  readonly tokenFile?: string;
  readonly webhookSecretFile?: string;
  readonly webhookHost?: readonly string[];
  readonly notifyUrl?: string;
  readonly notifySecretFile?: string;
  readonly imagePath?: readonly string[];
  readonly pullSecrets?: boolean;
  readonly serviceAccountDir?: string;
}
