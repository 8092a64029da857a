import { generateKeyPairSync } from 'node:crypto';
import { dirname, normalize } from 'node:path';
import {
  type Lint,
  type LoadOptions,
  lintPolicy,
  type PolicyProblem,
  type PolicyReader,
} from '../../../../packages/verifier/src/policy/load/index.ts';

/** What a made-up disk says of what is not there. */
export class NotThere extends Error {}

/** A disk in memory: files by their path, folders by the paths of what lies in them. */
export function readerOf(files: Readonly<Record<string, string | Uint8Array>>): PolicyReader {
  return {
    readFile: async (path) => {
      const content = files[normalize(path)];
      if (content === undefined) throw new NotThere(`no such file: ${path}`);
      return typeof content === 'string' ? Buffer.from(content) : content;
    },
    readFolder: async (path) => {
      const folder = normalize(path).replace(/\/$/, '');
      const names = Object.keys(files).filter((name) => dirname(name) === folder);
      if (names.length === 0) throw new NotThere(`no such folder: ${path}`);
      return names.map((name) => name.slice(folder.length + 1));
    },
  };
}

/** A new public key as PEM. */
export function newKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();
}

/** Keys that the made-up disks of these tests hold. */
export const keyFiles: Readonly<Record<string, string>> = { 'a.pub': newKey(), 'b.pub': newKey(), 'c.pub': newKey() };

/** Other files, and options beside the reader. */
export interface Surroundings extends Partial<Omit<LoadOptions, 'reader'>> {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Lints a policy that lies as `policy.yaml` beside the key files. */
export function lint(text: string | Uint8Array, { files = {}, ...options }: Surroundings = {}): Promise<Lint> {
  const reader = readerOf({ ...keyFiles, ...files, 'policy.yaml': text });
  return lintPolicy('policy.yaml', { reader, env: {}, ...options });
}

/** One line for each problem: `error POLICY_INVALID 3:5 message [hint]`. Another file than policy.yaml is named. */
export function told({ severity, code, place, message, hint }: PolicyProblem): string {
  const file = place.file === 'policy.yaml' ? '' : `${place.file}:`;
  return `${severity} ${code} ${file}${place.line}:${place.column} ${message}${hint === undefined ? '' : ` [${hint}]`}`;
}

/** What lint tells of a policy. */
export async function problemsOf(
  text: string | Uint8Array,
  surroundings: Surroundings = {},
): Promise<readonly string[]> {
  return (await lint(text, surroundings)).problems.map(told);
}
