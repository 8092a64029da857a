import type { VerifierCapability } from '@signet/core/notary-plugin';
import type { Check } from '../../finding.ts';
import type { Testimony } from '../../witnesses/witnesses.ts';
import type { SoundEnvelope } from './sound-envelope.ts';

const base = { name: 'plugin', rule: 'wire-formats 9.5' } as const;

/**
 * A signature that names a plugin is verified with it, or not at all. That no plugin answered is no answer at any level. Rule: wire-formats 9.5, 4
 */
export function checkPlugin({ envelope: { attributes } }: SoundEnvelope, { plugin }: Testimony): readonly Check[] {
  const { verificationPlugin, extended } = attributes;
  if (verificationPlugin === undefined) return [];
  const name = JSON.stringify(verificationPlugin.slice(0, 80));
  if (plugin?.kind !== 'answer') {
    const message = `the signature has to be verified by the plugin ${name}: ${plugin?.message ?? 'nobody asked it'}`;
    return [{ ...base, result: 'unknown', code: 'PLUGIN_NEEDED', message }];
  }
  const unknown = plugin.verdicts.size > 0 ? undefined : extended.find(({ isCritical }) => isCritical);
  if (unknown !== undefined) {
    const message = `the signed attribute ${JSON.stringify(unknown.name)} is critical, and the plugin ${name} was not asked about it`;
    return [{ ...base, result: 'fail', code: 'ATTRIBUTE_UNKNOWN', message }];
  }
  return [{ ...base, result: 'pass', code: 'OK', message: `the plugin ${name} was asked` }];
}

/** Whose affair a question is: Signet's own; the plugin's, with what it said; or that of a plugin that has not been asked. */
export type Answerer =
  | { readonly kind: 'own' }
  | { readonly kind: 'open' }
  | { readonly kind: 'plugin'; readonly isSuccess: boolean; readonly message: string };

/** Who answers what this capability is for. A plugin that has it answers instead of Signet. Rule: wire-formats 9.5, 5 and 8 */
export function answererFor(
  capability: VerifierCapability,
  { envelope: { attributes } }: SoundEnvelope,
  { plugin }: Testimony,
): Answerer {
  const { verificationPlugin: name } = attributes;
  if (name === undefined) return { kind: 'own' };
  if (plugin?.kind !== 'answer') return { kind: 'open' };
  if (!plugin.capabilities.includes(capability)) return { kind: 'own' };
  const verdict = plugin.verdicts.get(capability);
  if (verdict === undefined) return { kind: 'open' };
  const { isSuccess, reason = isSuccess ? 'yes' : 'no' } = verdict;
  return { kind: 'plugin', isSuccess, message: `the plugin ${JSON.stringify(name.slice(0, 80))} says: ${reason}` };
}
