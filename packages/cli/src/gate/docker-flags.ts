import type { LogLevel, Switch } from '@signet/admission';
import type { ExampleKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { ServerStateFlags } from '../options/serving.ts';

/** The flags of `signet gate docker`; times in milliseconds. */
export interface DockerFlags extends OutputFlags, PolicyFlags, ExampleKeyFlags, ServerStateFlags, RegistryFlags {
  readonly socket: string;
  readonly dockerSocket: string;
  readonly allow?: readonly Switch[];
  readonly reload: number;
  readonly logLevel: LogLevel;
}
