import { decodeBase64 } from '@signet/oci';
import type { Cursor } from './reading.ts';

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n[A-Za-z0-9+/=\s]+?-----END \1-----/g;

/** The PEM blocks of a text, each by itself. @throws {PolicyError} POLICY_INVALID where there is none */
export function pemBlocks(cursor: Cursor, text: string = cursor.text()): readonly string[] {
  const blocks = [...text.matchAll(pemBlock)].map(([block]) =>
    block.replace(/\r/g, '').replace(/^[ \t]+|[ \t]+$/gm, ''),
  );
  if (blocks.length === 0) throw cursor.invalid('no PEM key is in it');
  return blocks;
}

/** The text of a base64 value. @throws {PolicyError} POLICY_INVALID */
export function base64Text(cursor: Cursor): string {
  const bytes = decodeBase64(cursor.text().trim());
  if (bytes === undefined) throw cursor.invalid('not base64');
  return bytes.toString('utf8');
}

/** A file name as a name for its source: `/etc/pki/release.pub` is `release`. */
export function nameOfFile(path: string): string {
  return (path.split('/').at(-1) ?? path).replace(/\.[a-z0-9]+$/i, '');
}
