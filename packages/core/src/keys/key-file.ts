import { KeyError } from '../errors.ts';
import { readAll, readOnlySequence, TAG } from './der.ts';
import { findPemBlocks, MAX_KEY_FILE_BYTES, type PemBlock } from './pem.ts';

/** What a key file turned out to be; its keys are not looked at yet. */
export type KeyFile =
  | { readonly form: 'pem'; readonly blocks: readonly PemBlock[] }
  | { readonly form: 'json'; readonly bytes: Uint8Array }
  | { readonly form: 'openssh'; readonly text: string }
  | { readonly form: 'der'; readonly bytes: Uint8Array };

/** Structures that a DER key can be. Rule: RFC 5280, 5958, 8017 (A.1), 5915. */
export type DerForm =
  | 'spki'
  | 'certificate'
  | 'pkcs8'
  | 'encrypted-pkcs8'
  | 'pkcs1-public'
  | 'pkcs1-private'
  | 'sec1'
  | 'unknown';

/** Structures by the tags of their first elements; longer rows first where one begins another. */
const DER_FORMS: readonly (readonly [DerForm, readonly number[]])[] = [
  ['pkcs8', [TAG.integer, TAG.sequence, TAG.octetString]],
  ['pkcs1-private', [TAG.integer, TAG.integer, TAG.integer]],
  ['certificate', [TAG.sequence, TAG.sequence, TAG.bitString]],
  ['sec1', [TAG.integer, TAG.octetString]],
  ['pkcs1-public', [TAG.integer, TAG.integer]],
  ['spki', [TAG.sequence, TAG.bitString]],
  ['encrypted-pkcs8', [TAG.sequence, TAG.octetString]],
];

/**
 * Tells PEM, JWK, OpenSSH and DER apart by the bytes alone.
 * @throws {KeyError} KEY_EMPTY, KEY_TRUNCATED, KEY_MALFORMED for what is none of them or above 1 MiB
 */
export function openKeyFile(bytes: Uint8Array): KeyFile {
  if (bytes.length > MAX_KEY_FILE_BYTES)
    throw new KeyError('KEY_MALFORMED', `a key file of ${bytes.length} bytes: at most ${MAX_KEY_FILE_BYTES} are read`);
  const text = Buffer.from(bytes).toString('latin1');
  if (bytes[0] === TAG.sequence && !text.includes('-----BEGIN ')) return { form: 'der', bytes };
  const start = text.search(/\S/);
  if (start === -1) throw new KeyError('KEY_EMPTY', 'the key file is empty');
  if (text[start] === '{') return { form: 'json', bytes };
  const blocks = findPemBlocks(text);
  if (blocks.length > 0) return { form: 'pem', blocks };
  if (/^[ \t]*(?:ssh-|ecdsa-sha2-|sk-)/m.test(text)) return { form: 'openssh', text };
  throw new KeyError('KEY_MALFORMED', 'no key in it: neither PEM nor DER, JWK or an OpenSSH public key');
}

/** Which structure the DER is, by its outline. @throws {KeyError} KEY_MALFORMED, KEY_TRUNCATED */
export function classifyDer(bytes: Uint8Array): DerForm {
  const tags = readAll(readOnlySequence(bytes)).map((element) => element.tag);
  const row = DER_FORMS.find(([, first]) => first.every((tag, index) => tags[index] === tag));
  return row?.[0] ?? 'unknown';
}

/**
 * Fails unless the DER has the form that its PEM label names.
 * @throws {KeyError} KEY_MALFORMED, KEY_TRUNCATED
 */
export function requireDerForm(bytes: Uint8Array, form: DerForm, label: string): Uint8Array {
  if (classifyDer(bytes) !== form)
    throw new KeyError('KEY_MALFORMED', `the content of the PEM block "${label}" is of another form`);
  return bytes;
}

/** The error for a private key, certificate or foreign block where another kind is asked for; says which it is. */
export function wrongKind(blocks: readonly PemBlock[], wanted: 'public' | 'private'): KeyError {
  const labels = blocks.map((block) => block.label);
  const other = wanted === 'public' ? 'PRIVATE KEY' : 'PUBLIC KEY';
  const keyLabel = labels.find((label) => label.endsWith(other));
  if (keyLabel !== undefined)
    return new KeyError(
      'KEY_WRONG_KIND',
      `a ${otherKind(wanted)} key ("${keyLabel}") where a ${wanted} key is asked for`,
    );
  if (labels.includes('CERTIFICATE'))
    return new KeyError('KEY_WRONG_KIND', `a certificate where a ${wanted} key is asked for`);
  return new KeyError('KEY_UNSUPPORTED', `the PEM type "${labels[0] ?? ''}" is not read as a ${wanted} key`);
}

function otherKind(wanted: 'public' | 'private'): string {
  return wanted === 'public' ? 'private' : 'public';
}
