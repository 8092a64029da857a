import { basename } from 'node:path';

/** Whether a policy is notation's: by the word, or by the name of the file. */
export function isNotationPolicy(path: string): boolean {
  return path === 'notation' || /^trustpolicy(?:\.oci)?\.json$/.test(basename(path));
}

/** The same for files. */
export function isNotationBlobPolicy(path: string): boolean {
  return path === 'notation' || basename(path) === 'trustpolicy.blob.json';
}
