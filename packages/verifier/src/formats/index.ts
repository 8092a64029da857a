import type { FoundFormat, VerifyFormat } from '../format.ts';
import { cosignVerifyFormat } from './cosign.ts';
import { notaryFormat } from './notary.ts';
import { sigstoreVerifyFormat } from './sigstore.ts';

/** Every format that is verified, in the order in which they are asked whether something is theirs. */
export const defaultFormats: readonly VerifyFormat[] = [sigstoreVerifyFormat, cosignVerifyFormat];

/** Every format that is shown: what cannot be verified yet, too. */
export const shownFormats: readonly FoundFormat[] = [...defaultFormats, notaryFormat];
