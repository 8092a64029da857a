import { decodeBase64 } from '@signet/oci';
import { KeyError } from '../errors.ts';

/** Key files are read up to this many bytes. */
export const MAX_KEY_FILE_BYTES: number = 1024 * 1024;

/** One PEM block; its body is decoded only when it is the one that is wanted. */
export interface PemBlock {
  readonly label: string;
  /** What stands between the two lines, untouched. */
  readonly body: string;
}

/**
 * The PEM blocks of a file, in order; text outside them is ignored. Rule: RFC 7468, 2 and wire-formats 3.1.
 * @throws {KeyError} KEY_TRUNCATED for a block without its end
 */
export function findPemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  const begin = /-----BEGIN ([A-Z0-9 ]{1,64})-----/g;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const label = match[1] ?? '';
    const start = begin.lastIndex;
    const end = text.indexOf(`-----END ${label}-----`, start);
    if (end === -1) throw new KeyError('KEY_TRUNCATED', `the PEM block "${label}" has no end: the file is truncated`);
    blocks.push({ label, body: text.slice(start, end) });
    begin.lastIndex = end + label.length + 14;
  }
  return blocks;
}

/**
 * The bytes of a block: strict base64, nothing else inside but white space.
 * @throws {KeyError} KEY_MALFORMED, KEY_UNSUPPORTED for the encrypted PEM form of before PKCS#8
 */
export function decodePemBody(block: PemBlock): Uint8Array {
  if (/^\s*[A-Za-z-]{1,64}:/.test(block.body)) throw headerError(block);
  const base64 = block.body.replace(/[ \t\r\n]/g, '');
  const bytes = decodeBase64(base64);
  if (bytes === undefined || bytes.length === 0)
    throw new KeyError('KEY_MALFORMED', `the PEM block "${block.label}" is not base64`);
  return bytes;
}

/** A PEM block with lines of 64 characters and a line feed at the end. */
export function encodePem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function headerError(block: PemBlock): KeyError {
  return block.body.includes('ENCRYPTED')
    ? new KeyError(
        'KEY_UNSUPPORTED',
        `"${block.label}" is encrypted in the old PEM form, whose key derivation is weak: convert it with "openssl pkcs8 -topk8"`,
      )
    : new KeyError('KEY_MALFORMED', `the PEM block "${block.label}" has header lines`);
}
