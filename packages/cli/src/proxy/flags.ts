import type { ExampleKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { AnswerFlags, ServerStateFlags } from '../options/serving.ts';

/** The flags of `signet proxy serve`. */
export interface ProxyFlags
  extends OutputFlags,
    PolicyFlags,
    ExampleKeyFlags,
    ServerStateFlags,
    RegistryFlags,
    AnswerFlags {
  readonly upstream?: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly htpasswd?: string;
  readonly token?: boolean;
  readonly allowAnonymous?: boolean;
  readonly metricsTokenFile?: string;
  readonly cache?: string;
  /** Bytes. */
  readonly cacheSize: number;
}
