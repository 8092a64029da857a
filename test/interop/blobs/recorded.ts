import { readFileSync } from 'node:fs';

/** One signature of a file, and what a notation that knows `blob` said of it. */
export interface RecordedCase {
  readonly title: string;
  readonly by: 'notation' | 'signet';
  readonly form: 'jws' | 'cose';
  /** Which of {@link Recorded.signatures}. */
  readonly signature: number;
  /** Base64 of the file that is verified, where it is not {@link Recorded.file}. */
  readonly file?: string;
  readonly mediaType?: string;
  /** `NAME=VALUE` each. */
  readonly userMetadata?: readonly string[];
  /** Default: none is named. */
  readonly policyName?: string;
  readonly notation: { readonly isVerified: boolean; readonly says: string };
}

/** All that was recorded at one time. */
export interface Recorded {
  /** Which notation. */
  readonly notation: string;
  /** Base64. */
  readonly file: string;
  /** PEM by name, of each store of authorities. */
  readonly stores: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `trustpolicy.blob.json` as `notation blob policy import` wrote it. */
  readonly policy: string;
  /** Base64. */
  readonly signatures: readonly string[];
  readonly cases: readonly RecordedCase[];
}

/** The record. Certificates in it are valid for a hundred years. */
export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(new URL('fixtures/recorded.json', import.meta.url), 'utf8'));
}
