import type { VerifyFormat } from '../format.ts';
import { cosignVerifyFormat } from './cosign.ts';
import { notaryVerifyFormat } from './notary.ts';
import { sigstoreVerifyFormat } from './sigstore.ts';

/** Every format that is verified, in the order in which they are asked whether something is theirs. */
export const defaultFormats: readonly VerifyFormat[] = [sigstoreVerifyFormat, cosignVerifyFormat, notaryVerifyFormat];
