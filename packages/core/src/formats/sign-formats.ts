import type { KeyFormatName, SignFormat } from '../format.ts';
import { cosignFormat } from './cosign-format.ts';
import { sigstoreFormat } from './sigstore-format.ts';

const formats: Readonly<Record<KeyFormatName, SignFormat>> = { sigstore: sigstoreFormat, cosign: cosignFormat };

/** The formats that a bare key signs in, the default first. */
export const signFormatNames: readonly KeyFormatName[] = ['sigstore', 'cosign'];

/** One of them by its name. */
export function signFormat(name: KeyFormatName): SignFormat {
  return formats[name];
}
