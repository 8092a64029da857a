import { join } from 'node:path';
import { createWitnesses, type Witnesses } from '@signet/verifier';
import type { Io } from '../io.ts';
import { notationFolder } from '../notary/config-folder.ts';
import { parseSettings } from '../notary/plugin-settings.ts';
import type { PluginConfigFlags } from '../options/policy.ts';
import { userCacheFolder } from '../start/cache-folder.ts';

/**
 * Who is asked beside registries: responders and lists over the network, plugins in notation's folder. Nothing of it is loaded or looked at
 * before it is asked. @throws {CliError} USAGE for settings that are none
 */
export function callWitnesses({ pluginConfig = [] }: PluginConfigFlags, { env }: Io): Witnesses {
  const cache = userCacheFolder(env);
  return createWitnesses({
    folder: () => notationFolder(env),
    env,
    config: parseSettings(pluginConfig),
    ...(cache === undefined ? {} : { crlFolder: join(cache, 'crl') }),
  });
}
