import { basename } from 'node:path';

/** Whether a policy is notation's: by the word, or by the name of the file. */
export function isNotationPolicy(path: string): boolean {
  return path === 'notation' || /^trustpolicy(?:\.oci)?\.json$/.test(basename(path));
}
