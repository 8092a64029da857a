import { readdir } from 'node:fs/promises';
import type { BlobStatement } from '@signet/policy-import';
import type { FileProblem, Policy } from '@signet/verifier';
import { lintPolicy, loadPolicy, loadTable, type PolicyReader, type TableDraft } from '@signet/verifier/policy';
import { CliError } from '../errors.ts';
import { readInput, systemReason } from '../files.ts';
import type { Io } from '../io.ts';
import type { NotationPolicy } from '../notary/notation-policy.ts';
import { isNotationPolicy } from '../notary/policy-name.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';

/** Files for a policy, as its loader asks for them. */
const readerOf = (io: Io, onRead: (path: string) => void = () => undefined): PolicyReader => ({
  readFile: (path, maxBytes) => {
    onRead(path);
    return readInput(path, io, maxBytes);
  },
  async readFolder(path) {
    onRead(path);
    try {
      return await readdir(path);
    } catch (error) {
      throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
    }
  },
});

/**
 * The policy of a file. `onRead` is told of each file and folder before it is read.
 * @throws {PolicyError}; {KeyError}; {CliError} FILE_UNREADABLE, EXAMPLE_KEY
 */
export async function readPolicy(
  path: string,
  flags: ExampleKeyFlags & { readonly trustStore?: string },
  io: Io,
  onRead?: (path: string) => void,
): Promise<Policy> {
  if (isNotationPolicy(path)) {
    const { trustStore } = flags;
    const { readNotationPolicy } = await import('../notary/notation-policy.ts');
    const own = await readNotationPolicy(path, { io, ...(trustStore === undefined ? {} : { trustStore }) });
    const reader = readerOfNotation(own, readerOf(io, onRead), onRead);
    return loadPolicy(own.path, { reader, env: {} });
  }
  if (flags.trustStore !== undefined)
    throw new CliError(
      'USAGE',
      "--trust-store is for notation's trustpolicy.json: Signet's own policy names its stores",
    );
  return loadPolicy(path, {
    reader: readerOf(io, onRead),
    env: io.env,
    allowExampleKeys: flags.allowExampleKeys === true,
  });
}

/** notation's policy for files, loaded as one of Signet's, and by which names its statements are chosen. */
export interface LoadedBlobPolicy {
  readonly policy: Policy;
  readonly statements: readonly BlobStatement[];
}

/** @throws as {@link readPolicy} */
export async function readNotationBlobs(
  path: string,
  { trustStore }: { readonly trustStore?: string },
  io: Io,
): Promise<LoadedBlobPolicy> {
  const { readNotationBlobPolicy } = await import('../notary/notation-policy.ts');
  const own = await readNotationBlobPolicy(path, { io, ...(trustStore === undefined ? {} : { trustStore }) });
  const reader = readerOfNotation(own, readerOf(io));
  return { policy: await loadPolicy(own.path, { reader, env: {} }), statements: own.statements };
}

/** The policy as it was converted, with the certificates that were read for that; its places are those of notation's own file. */
function readerOfNotation(
  { path, text, files, origins }: NotationPolicy,
  others: PolicyReader,
  onRead?: (path: string) => void,
): PolicyReader {
  return {
    ...withContents(others, new Map([...files, [path, Buffer.from(text)]]), onRead),
    originOf: (place) =>
      place.file === path ? (origins.get(place.line) ?? { file: path, line: 1, column: 1 }) : place,
  };
}

/** These files are taken to hold that. `onRead` is told of them all the same. */
function withContents(
  files: PolicyReader,
  contents: ReadonlyMap<string, Uint8Array>,
  onRead: (path: string) => void = () => undefined,
): PolicyReader {
  return {
    ...files,
    async readFile(path, maxBytes) {
      const content = contents.get(path);
      if (content === undefined) return await files.readFile(path, maxBytes);
      onRead(path);
      return content;
    },
  };
}

/** What a look at a policy found. */
export interface CheckedPolicy {
  /** Missing where there is an error among the problems. */
  readonly policy?: Policy;
  readonly problems: readonly FileProblem[];
}

/**
 * All that is wrong with the policy of a file; that it cannot be read is, too. `instead`: what the file itself is taken to hold.
 * @throws {CliError} USAGE
 */
export async function checkPolicy(
  path: string,
  flags: ExampleKeyFlags,
  io: Io,
  instead?: Uint8Array,
): Promise<CheckedPolicy> {
  try {
    const files = readerOf(io);
    const reader = instead === undefined ? files : withContents(files, new Map([[path, instead]]));
    const { policy, problems } = await lintPolicy(path, {
      reader,
      env: io.env,
      allowExampleKeys: flags.allowExampleKeys === true,
    });
    const told = problems.map(({ cause: _, ...problem }) => problem);
    return policy === undefined ? { problems: told } : { policy, problems: told };
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'FILE_UNREADABLE') throw error;
    const { code, message } = error;
    return { problems: [{ severity: 'error', code, message, place: { file: path, line: 1, column: 1 } }] };
  }
}

/** A table of cases. @throws {PolicyError} POLICY_INVALID; {CliError} FILE_UNREADABLE */
export async function readTable(path: string, io: Io): Promise<TableDraft> {
  return loadTable(path, readerOf(io));
}
