import type { VerifyFormat } from '../format.ts';

/** Every format that is verified, in the order in which they are asked whether something is theirs. */
export const defaultFormats: readonly VerifyFormat[] = [];
