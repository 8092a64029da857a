import type { SignFormat, SignFormatName } from '../format.ts';
import { createNotaryFormat } from '../notary/notary-format.ts';
import { cosignFormat } from './cosign-format.ts';
import { sigstoreFormat } from './sigstore-format.ts';

const formats: Readonly<Record<SignFormatName, SignFormat>> = {
  sigstore: sigstoreFormat,
  cosign: cosignFormat,
  notary: createNotaryFormat(),
};

/** The formats that a bare key signs in, the default first; `notary` needs certificates. */
export const signFormatNames: readonly SignFormatName[] = ['sigstore', 'cosign'];

/** A format by its name. */
export function signFormat(name: SignFormatName): SignFormat {
  return formats[name];
}
