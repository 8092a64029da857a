import { isExampleKey, KeyError, type PublicKey, parsePublicKeys } from '@signet/core';
import type { Place } from '../place.ts';
import type { KeyInput } from './input.ts';
import { policyLimits } from './limits.ts';
import type { LoadedFile } from './loading.ts';
import { isAddress, pathFrom, unreadable } from './policy-files.ts';
import { type Problems, quoted } from './problems.ts';
import type { LoadOptions } from './reader.ts';

/** A key as a policy names it, and where. */
export interface KeyReference {
  readonly input: KeyInput;
  readonly place: Place;
  readonly file: LoadedFile;
  /** Whether a sample key may be here: as one that is refused. */
  readonly mayBeExample?: boolean;
}

const keyFileName = /^[^./\\][^/\\]*\.(?:pub|pem|jwk|json|jwks)$/i;

/** Reads the keys that a policy names, each once, within one budget; faults are told at the place of the name. */
export class KeyLoader {
  private readonly options: LoadOptions;
  private readonly problems: Problems;
  private readonly read = new Map<string, Uint8Array>();
  private bytes = 0;
  /** Of each file by its path, and of each text. */
  private readonly parsed = new Map<string, readonly PublicKey[] | KeyError>();
  private keys = 0;
  private uses = 0;

  constructor(options: LoadOptions, problems: Problems) {
    this.options = options;
    this.problems = problems;
  }

  /** The keys of a reference; none where a fault was told. */
  async keysOf(reference: KeyReference): Promise<readonly PublicKey[]> {
    const { input } = reference;
    if (this.problems.isFull) return [];
    if (typeof input !== 'string') return this.keysOfJson(input, reference);
    if (/^\s*-----BEGIN /.test(input)) return this.parseText(input, 'the key', reference);
    const named = reference.file.variables.expand(input, reference.place);
    if (named === undefined) return [];
    if (/^sha256:/i.test(named))
      return this.fault(`${quoted(named)} is the id of a key`, reference.place, {
        hint: 'a source is made of the keys themselves; an id (sha256: and 64 lower-case hex digits) can only be refused',
      });
    if (isAddress(named)) return this.fault('keys are read from files, not from addresses', reference.place);
    return this.keysAt(pathFrom(reference.file.path, named), named.endsWith('/'), reference);
  }

  private async keysOfJson(input: Exclude<KeyInput, string>, reference: KeyReference): Promise<readonly PublicKey[]> {
    const { jwk, jwks } = input;
    const value = jwk ?? jwks;
    if (value === undefined || (jwk !== undefined && jwks !== undefined))
      return this.fault('one of "jwk" and "jwks" is expected', reference.place);
    const isSet = Object.hasOwn(value, 'keys');
    if (isSet !== (jwks !== undefined))
      return this.fault(
        isSet ? '"jwk" is one key, but this is a set' : '"jwks" is a set: an object with "keys"',
        reference.place,
      );
    return this.parseText(JSON.stringify(value), jwk === undefined ? 'the JWKS' : 'the JWK', reference);
  }

  /** A file; a folder where the name says so, or where it can be read as one only. */
  private async keysAt(path: string, isFolder: boolean, reference: KeyReference): Promise<readonly PublicKey[]> {
    if (isFolder)
      return this.keysOfFolder(path, await this.options.reader.readFolder(path).catch(toFailure), reference);
    const bytes = await this.bytesOf(path, reference.place);
    if (bytes instanceof Uint8Array) return this.parse({ id: path, bytes }, path, reference);
    if (bytes === undefined) return [];
    const names = await this.options.reader.readFolder(path).catch(() => undefined);
    return this.keysOfFolder(path, names ?? bytes, reference);
  }

  private async keysOfFolder(
    path: string,
    names: readonly string[] | Failure,
    reference: KeyReference,
  ): Promise<readonly PublicKey[]> {
    if (isFailure(names)) return this.unreadable(path, names.cause, reference.place);
    if (names.length > policyLimits.maxFolderEntries)
      return this.fault(`${quoted(path)} has more than ${policyLimits.maxFolderEntries} entries`, reference.place);
    const files = names.filter((name) => keyFileName.test(name)).toSorted();
    if (files.length === 0)
      return this.fault(`${quoted(path)} holds no keys`, reference.place, {
        hint: 'of a folder the files *.pub, *.pem, *.jwk, *.json and *.jwks are read',
      });
    const keys: PublicKey[] = [];
    for (const name of files) {
      const inside = `${path.replace(/\/+$/, '')}/${name}`;
      const bytes = await this.bytesOf(inside, reference.place);
      if (isFailure(bytes)) this.unreadable(inside, bytes.cause, reference.place);
      else if (bytes !== undefined) keys.push(...(await this.parse({ id: inside, bytes }, inside, reference)));
    }
    return keys;
  }

  /** Undefined where the budget is spent, which is told. */
  private async bytesOf(path: string, place: Place): Promise<Uint8Array | Failure | undefined> {
    const known = this.read.get(path);
    if (known !== undefined) return known;
    const { maxKeyFiles, maxKeyBytes } = policyLimits;
    if (this.read.size >= maxKeyFiles || this.bytes >= maxKeyBytes) {
      const most = `${maxKeyFiles} files, ${maxKeyBytes} bytes`;
      this.fault(`the policy names more key files than are read (${most})`, place);
      return undefined;
    }
    const bytes = await this.options.reader.readFile(path, maxKeyBytes - this.bytes).catch(toFailure);
    if (isFailure(bytes)) return bytes;
    this.bytes += bytes.length;
    this.read.set(path, bytes);
    return bytes;
  }

  private parseText(text: string, what: string, reference: KeyReference): Promise<readonly PublicKey[]> {
    return this.parse({ id: `text ${text}`, bytes: Buffer.from(text) }, what, reference);
  }

  private async parse(content: KeyContent, what: string, reference: KeyReference): Promise<readonly PublicKey[]> {
    const { place } = reference;
    const keys = await this.keysIn(content);
    if (keys instanceof KeyError) {
      const hint = /certificate/.test(keys.message) ? 'take the key out of it: openssl x509 -pubkey -noout' : undefined;
      return this.fault(`${what}: ${keys.message}`, place, { cause: keys, hint });
    }
    this.uses += keys.length;
    const { maxKeys, maxKeyUses } = policyLimits;
    if (this.keys > maxKeys) return this.fault(`the policy names more than ${maxKeys} different keys`, place);
    if (this.uses > maxKeyUses) return this.fault(`sources and refusals have more than ${maxKeyUses} keys`, place);
    const isRefused =
      reference.mayBeExample !== true && this.options.allowExampleKeys !== true && keys.some(isExampleKey);
    if (!isRefused) return keys;
    return this.fault(`${what} is a sample key of Signet: everybody has its private half`, place, {
      code: 'EXAMPLE_KEY',
      hint: 'make a key of your own: signet key generate',
    });
  }

  /** What it gave before, too: a file may be named, and a text repeated, thousands of times. */
  private async keysIn({ id, bytes }: KeyContent): Promise<readonly PublicKey[] | KeyError> {
    const known = this.parsed.get(id);
    if (known !== undefined) return known;
    if (this.keys > policyLimits.maxKeys) return [];
    const keys = await parsePublicKeys(bytes).catch(toKeyError);
    // Where one key is broken, all before it were read.
    this.keys += keys instanceof KeyError ? Math.min(100, Math.ceil(bytes.length / 64)) : keys.length;
    this.parsed.set(id, keys);
    return keys;
  }

  private unreadable(path: string, cause: unknown, place: Place): readonly PublicKey[] {
    return this.fault(unreadable(path, cause), place, { cause });
  }

  private fault(message: string, place: Place, details: Parameters<Problems['add']>[2] = {}): readonly PublicKey[] {
    this.problems.add(message, place, details);
    return [];
  }
}

/** Bytes that hold keys, and what names them. */
interface KeyContent {
  readonly id: string;
  readonly bytes: Uint8Array;
}

function toKeyError(cause: unknown): KeyError {
  if (cause instanceof KeyError) return cause;
  throw cause;
}

/** What a reader threw. */
class Failure {
  readonly cause: unknown;
  constructor(cause: unknown) {
    this.cause = cause;
  }
}

function toFailure(cause: unknown): Failure {
  return new Failure(cause);
}

function isFailure(value: unknown): value is Failure {
  return value instanceof Failure;
}
