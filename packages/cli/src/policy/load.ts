import { readdir } from 'node:fs/promises';
import type { Policy } from '@signet/verifier';
import {
  lintPolicy,
  loadPolicy,
  loadTable,
  type PolicyProblem,
  type PolicyReader,
  type TableDraft,
} from '@signet/verifier/policy';
import { CliError } from '../errors.ts';
import { readInput, systemReason } from '../files.ts';
import type { Io } from '../io.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';

/** Files for a policy, as its loader asks for them. */
const readerOf = (io: Io, onRead: (path: string) => void = () => undefined): PolicyReader => ({
  readFile: (path) => {
    onRead(path);
    return readInput(path, io);
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
  flags: ExampleKeyFlags,
  io: Io,
  onRead?: (path: string) => void,
): Promise<Policy> {
  return loadPolicy(path, {
    reader: readerOf(io, onRead),
    env: io.env,
    allowExampleKeys: flags.allowExampleKeys === true,
  });
}

/** All that is wrong with the policy of a file. */
export async function checkPolicy(
  path: string,
  flags: ExampleKeyFlags,
  io: Io,
): Promise<{ readonly policy?: Policy; readonly problems: readonly PolicyProblem[] }> {
  return lintPolicy(path, { reader: readerOf(io), env: io.env, allowExampleKeys: flags.allowExampleKeys === true });
}

/** A table of cases. @throws {PolicyError} POLICY_INVALID; {CliError} FILE_UNREADABLE */
export async function readTable(path: string, io: Io): Promise<TableDraft> {
  return loadTable(path, readerOf(io));
}
