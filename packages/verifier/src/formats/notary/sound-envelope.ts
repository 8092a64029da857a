import type { NotaryEnvelope } from '@signet/core';
import type { Certificate } from '@signet/core/x509';

/** An envelope of which all holds that does not depend on whom somebody trusts. */
export interface SoundEnvelope {
  readonly envelope: NotaryEnvelope;
  /** The signer's own first. */
  readonly chain: readonly Certificate[];
}
