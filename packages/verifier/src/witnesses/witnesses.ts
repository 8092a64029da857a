import type { NotaryEnvelope } from '@signet/core';
import type { PluginVerdict, VerifierCapability } from '@signet/core/notary-plugin';
import type { Certificate } from '@signet/core/x509';
import type { RevocationResult } from '../revocation/check-revocation.ts';

/** Whose certificates may be revoked. Times are milliseconds since 1970 UTC. */
export interface RevocationAsk {
  /** Checked, and found trusted: its certificates choose the addresses. Its owner's own first. */
  readonly chain: readonly Certificate[];
  readonly atMs: number;
  /** The authentic signing time, of the scheme signingAuthority alone. */
  readonly signedAtMs?: number;
  /** Addresses of private networks may be asked. */
  readonly allowPrivate: boolean;
}

/** What a plugin is to say of a signature that names it. */
export interface PluginAsk {
  readonly name: string;
  /** At least this version, by Semantic Versioning. */
  readonly minVersion?: string;
  readonly envelope: NotaryEnvelope;
  /** As the policy has them. */
  readonly identities: readonly string[];
  /** The policy wants to know whether certificates were revoked: a plugin that can tell is asked. */
  readonly wantsRevocation: boolean;
}

/** What came of asking a plugin: its answer, or why there is none. */
export type PluginTestimony =
  | { readonly kind: 'none'; readonly message: string }
  | {
      readonly kind: 'answer';
      /** What it has, whether it was asked for it or not. */
      readonly capabilities: readonly VerifierCapability[];
      /** What it was asked for. */
      readonly verdicts: ReadonlyMap<VerifierCapability, PluginVerdict>;
    };

/** What others say of one signature, as far as one source of trust needs it. What nobody was asked is absent: it stays unknown. */
export interface Testimony {
  /** One for each certificate of the chain, in its order. */
  readonly revocation?: readonly RevocationResult[];
  /** The same of the chain of the authority that stamped the time. */
  readonly timestampRevocation?: readonly RevocationResult[];
  readonly plugin?: PluginTestimony;
}

/** By the names of the sources. */
export type Testimonies = ReadonlyMap<string, Testimony>;

/**
 * Who is asked about a signature beside the registry: responders and lists of revoked certificates, and plugins. They are asked once all
 * else holds, before the decision, which is made of what they said. Neither ever rejects: no answer is one as well.
 */
export interface Witnesses {
  /** One result for each certificate, in their order. */
  revocation(ask: RevocationAsk): Promise<readonly RevocationResult[]>;
  plugin(ask: PluginAsk, signal?: AbortSignal): Promise<PluginTestimony>;
}
