import type { Descriptor, Digest } from '@signet/oci';
import type { Envelope, Subject } from './evidence.ts';
import type { Finding } from './finding.ts';
import type { TrustMaterial } from './trust.ts';
import type { Testimonies, Witnesses } from './witnesses/witnesses.ts';

/**
 * What an envelope's unproven hints promise: `likely` names a trusted key, `open` none, `unlikely` another; `none` holds no signature that
 * could be tried. Decides the order of checks and whose budget they spend, never their outcome.
 */
export type Prospect = 'likely' | 'open' | 'unlikely' | 'none';

/** How signatures of a format are found. */
export interface FoundFormat {
  readonly name: string;
  /** Whether a referrer with this listing or manifest descriptor may hold this format. A missing, empty or foreign type must not exclude: wire-formats 2.5. */
  recognise(referrer: Descriptor): boolean;
  /** Whether a layer of a signature manifest holds an envelope of this format. */
  recogniseLayer(layer: Descriptor): boolean;
  /** The annotations of a layer that are read beside the bytes. Only a format without any may be embedded in a listing. */
  readonly annotationKeys: readonly string[];
  /** Layers of one signature manifest that are looked at, the newest: more would be more signatures for one push. */
  readonly maxLayers: number;
  /** Tags where this subject's signatures lie outside the referrers list, such as cosign's sha256-<hex>.sig. */
  tagsFor(subject: Digest): readonly string[];
}

/** The verifying side of a format. Adding one touches its own folder and one registration line in formats/index.ts. */
export interface VerifyFormat extends FoundFormat {
  /** Cheap and total. */
  prospect(envelope: Envelope, trust: TrustMaterial): Prospect;
  /** Whether anything in the trust could be met by this format: else it is not looked for. */
  isWanted(trust: TrustMaterial): boolean;
  /**
   * What others than the registry have to say before an envelope can be judged: all I/O of that, and nothing is decided. Never throws. Absent for
   * formats of which nobody has to be asked.
   */
  consult?(
    envelope: Envelope,
    subject: Subject,
    trust: TrustMaterial,
    by: { readonly witnesses: Witnesses; readonly signal?: AbortSignal },
  ): Promise<Testimonies>;
  /**
   * No I/O, no clock; async only because some signature checks are. Never throws: malformed bytes are a failed `integrity`. One finding; of a
   * format with certificates one for each source, since what a source asks for is its own. What was not asked is unknown.
   */
  verify(
    envelope: Envelope,
    subject: Subject,
    trust: TrustMaterial,
    testimonies?: Testimonies,
  ): Promise<readonly Finding[]>;
}
