import crypto, { type KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { defaultFormats, type Finding, type VerifyFormat } from '@signet/verifier';

/** Answers of each kind that are remembered: those of some simulations. */
const maxRemembered = 10_000;

/**
 * Lets the same signature be judged once only, in this process, from now on: by node:crypto about the same bytes with the same key, by a format
 * about the same image with the same keys. The answers are pure, so they are the same, and a simulation asks the same thousands of times.
 */
export function rememberSignatures(): void {
  for (const format of defaultFormats) Object.assign(format, { verify: rememberingFormat(format) });
  Object.assign(crypto, { verify: rememberingVerify() });
  syncBuiltinESMExports();
}

/** Of Ed25519 alone, which is what a simulation signs with. */
function rememberingVerify(): (...args: readonly unknown[]) => unknown {
  const { verify } = crypto;
  const answers = createMemory<unknown>();
  return (...args) => {
    const [algorithm, data, key, signature, ...others] = args;
    const isEd25519 = algorithm === null && isBytes(data) && isBytes(signature) && others.length === 0;
    if (!isEd25519 || !(key instanceof crypto.KeyObject)) return Reflect.apply(verify, crypto, args);
    return answers(`${numberOf(key)} ${textOf(signature)} ${textOf(data)}`, () => Reflect.apply(verify, crypto, args));
  };
}

function rememberingFormat({ verify }: VerifyFormat): VerifyFormat['verify'] {
  const findings = createMemory<Promise<readonly Finding[]>>();
  return (envelope, subject, trust) => {
    // `origin` is the digest of the bytes wherever statements are judged.
    const { origin, foundIn, mediaType } = envelope;
    const question = [origin, foundIn, mediaType, subject.digest, ...trust.keys.map(({ id }) => id)].join(' ');
    return findings(question, () => verify(envelope, subject, trust));
  };
}

function createMemory<T>(): (question: string, answer: () => T) => T {
  const answers = new Map<string, T>();
  return (question, answer) => {
    const known = answers.get(question);
    if (known !== undefined) return known;
    if (answers.size >= maxRemembered) answers.clear();
    const found = answer();
    answers.set(question, found);
    return found;
  };
}

const numbers = new WeakMap<KeyObject, number>();
let keys = 0;

function numberOf(key: KeyObject): number {
  const number = numbers.get(key) ?? keys++;
  numbers.set(key, number);
  return number;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
