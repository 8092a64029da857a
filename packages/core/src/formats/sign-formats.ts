import type { SignFormat, SignFormatName } from '../format.ts';
import { cosignFormat } from './cosign-format.ts';
import { sigstoreFormat } from './sigstore-format.ts';

const formats: Readonly<Record<SignFormatName, SignFormat>> = { sigstore: sigstoreFormat, cosign: cosignFormat };

/** The formats that images can be signed in, the default first. */
export const signFormatNames: readonly SignFormatName[] = ['sigstore', 'cosign'];

/** A format by its name. */
export function signFormat(name: SignFormatName): SignFormat {
  return formats[name];
}
