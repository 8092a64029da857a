import {
  comparePluginVersions,
  findPlugin,
  isVerifierCapability,
  type PluginConfig,
  type PluginProgram,
  pluginMetadata,
  pluginProgram,
  type VerifierCapability,
  verifySignature,
} from '@signet/core/notary-plugin';
import type { PluginAsk, PluginTestimony, Witnesses } from './witnesses.ts';

/** Where plugins are, and how they are run. */
export interface PluginWitnessOptions {
  /** notation's own folder, in which `plugins` lies. @throws where it cannot be told */
  readonly folder: () => string;
  /** The environment that they get. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: PluginConfig;
}

/** Milliseconds for one call: a plugin may ask a service. Less than what a gate has for an image. */
const timeoutMs = 10_000;

/** Asks the plugins in notation's folder. Rule: wire-formats 9.5, 4 and 9; 10 */
export function createPluginWitness(options: PluginWitnessOptions): Witnesses['plugin'] {
  return async (ask, signal) => {
    try {
      const place = await findPlugin(options.folder(), ask.name);
      return await askPlugin(pluginProgram(place, { env: options.env, timeoutMs }), ask, {
        ...(options.config === undefined ? {} : { config: options.config }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      // Whatever it is, the plugin has not answered: that is what is told, and the signature does not count.
      return { kind: 'none', message: reasonOf(error) };
    }
  };
}

type Using = NonNullable<Parameters<typeof verifySignature>[2]>;

async function askPlugin(program: PluginProgram, ask: PluginAsk, using: Using): Promise<PluginTestimony> {
  const { name, minVersion, envelope, identities, wantsRevocation } = ask;
  const { version, capabilities: all } = await pluginMetadata(program, using);
  if (minVersion !== undefined && !isAtLeast(version, minVersion))
    return { kind: 'none', message: `the plugin ${name} has the version ${version}, ${minVersion} is needed` };
  const capabilities = all.filter(isVerifierCapability);
  if (capabilities.length === 0) return { kind: 'none', message: `the plugin ${name} verifies nothing` };
  const wanted = capabilities.filter((each) => wantsRevocation || each !== 'SIGNATURE_VERIFIER.REVOCATION_CHECK');
  const verdicts = wanted.length === 0 ? new Map() : await verdictsOf(wanted);
  return { kind: 'answer', capabilities, verdicts };

  async function verdictsOf(asked: readonly VerifierCapability[]) {
    return await verifySignature(program, { envelope, trustedIdentities: identities, capabilities: asked }, using);
  }
}

/** What is no version is not late enough. */
function isAtLeast(version: string, least: string): boolean {
  return (comparePluginVersions(version, least) ?? -1) >= 0;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
