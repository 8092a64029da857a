import type { KeyObject } from 'node:crypto';
import { decodeBase64 } from '@signet/oci';
import { KeyError } from '../errors.ts';
import { der, derUnsigned, TAG } from './der.ts';
import type { KeyKind } from './key-kind.ts';
import { ed25519Bytes, type PublicKey } from './public-key.ts';
import { ecSpki, ed25519Spki, keyObjectOfSpki, rsaSpki } from './spki.ts';

/** SSH curve names and node:crypto's. Rule: RFC 5656, 10.1. */
const CURVES: readonly (readonly [string, string, KeyKind])[] = [
  ['nistp256', 'prime256v1', 'ecdsa-p256'],
  ['nistp384', 'secp384r1', 'ecdsa-p384'],
  ['nistp521', 'secp521r1', 'ecdsa-p521'],
];

/**
 * Keys of lines `TYPE BASE64 [COMMENT]`; empty lines and `#` lines are skipped. Rule: RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4.
 * @throws {KeyError} KEY_MALFORMED, KEY_UNSUPPORTED for other types, options before the type or security keys, KEY_AMBIGUOUS
 */
export function keyObjectsOfOpenssh(text: string, maxKeys: number): readonly KeyObject[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const wanted = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (wanted.length > maxKeys) throw new KeyError('KEY_AMBIGUOUS', `more than ${maxKeys} keys in one file`);
  return wanted.map((line) => keyObjectOfSpki(spkiOfLine(line)));
}

/** The key as one line of an OpenSSH `.pub` file. */
export function encodeOpenssh(key: PublicKey): string {
  const [type, ...fields] = fieldsOf(key);
  const blob = Buffer.concat([Buffer.from(type), ...fields].map(sshString));
  return `${type} ${blob.toString('base64')}\n`;
}

function spkiOfLine(line: string): Uint8Array {
  const [type = '', base64 = ''] = line.split(/[ \t]+/);
  if (!/^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))$/.test(type))
    throw new KeyError(
      'KEY_UNSUPPORTED',
      'an OpenSSH key of another type than ssh-ed25519, ecdsa-sha2-nistp*, ssh-rsa',
    );
  const blob = decodeBase64(base64);
  if (blob === undefined) throw new KeyError('KEY_MALFORMED', `the ${type} key is not base64: is the file truncated?`);
  const [name, ...fields] = readStrings(blob);
  const spki = name?.toString('latin1') === type ? spkiOf(type, fields) : undefined;
  if (spki === undefined) throw new KeyError('KEY_MALFORMED', `the ${type} key does not have the fields of its type`);
  return spki;
}

function spkiOf(type: string, fields: readonly Buffer[]): Uint8Array | undefined {
  const [first, second, ...more] = fields;
  if (first === undefined || more.length > 0) return undefined;
  if (type === 'ssh-ed25519') return second === undefined && first.length === 32 ? ed25519Spki(first) : undefined;
  if (second === undefined) return undefined;
  if (type === 'ssh-rsa') return rsaOf(first, second);
  const curve = CURVES.find(([name]) => type.endsWith(name) && first.toString('latin1') === name);
  return curve && ecSpki(curve[1], second);
}

/** mpint: big-endian two's complement, shortest form, here never negative. Rule: RFC 4251, 5. */
function rsaOf(exponent: Buffer, modulus: Buffer): Uint8Array | undefined {
  const shortest = [exponent, modulus].every((mpint) => {
    const [first, second] = mpint;
    return first !== undefined && first < 0x80 && (first !== 0 || (second ?? 0) >= 0x80);
  });
  return shortest ? rsaSpki(der(TAG.sequence, derUnsigned(modulus), derUnsigned(exponent))) : undefined;
}

function readStrings(blob: Uint8Array): readonly Buffer[] {
  const found: Buffer[] = [];
  let rest = Buffer.from(blob);
  while (rest.length >= 4 && found.length < 8) {
    const end = 4 + rest.readUInt32BE(0);
    if (end > rest.length) break;
    found.push(rest.subarray(4, end));
    rest = rest.subarray(end);
  }
  if (rest.length > 0)
    throw new KeyError('KEY_TRUNCATED', 'the OpenSSH key ends inside a field: the file is truncated');
  return found;
}

function fieldsOf(key: PublicKey): readonly [string, ...Uint8Array[]] {
  if (key.kind === 'ed25519') return ['ssh-ed25519', ed25519Bytes(key)];
  const jwk = key.keyObject.export({ format: 'jwk' });
  if (key.kind === 'rsa') return ['ssh-rsa', mpint(jwk.e), mpint(jwk.n)];
  const name = CURVES.find(([, , kind]) => kind === key.kind)?.[0] ?? '';
  const point = Buffer.concat([Uint8Array.of(4), field(jwk.x), field(jwk.y)]);
  return [`ecdsa-sha2-${name}`, Buffer.from(name), point];
}

function mpint(value: string | undefined): Buffer {
  const bytes = field(value);
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), bytes]) : bytes;
}

function field(value: string | undefined): Buffer {
  return Buffer.from(value ?? '', 'base64url');
}

function sshString(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
