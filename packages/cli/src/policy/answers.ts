import { dirname, relative, resolve } from 'node:path';
import { parseImagePattern } from '@signet/verifier';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import type { TrustedKeyFlags } from '../options/keys.ts';
import { promptLine } from '../prompt.ts';
import type { PolicyAnswers } from './template.ts';

/** What `signet policy init` may be told by flags. */
export interface InitFlags extends TrustedKeyFlags {
  readonly images?: readonly string[];
  readonly mode?: PolicyAnswers['mode'];
  readonly tagBound?: boolean;
  readonly default?: PolicyAnswers['fallback'];
}

/**
 * Flags, and questions on a terminal for what they leave open. Patterns and keys are looked at before anything is written.
 * @throws {CliError} USAGE where nobody can be asked, EXAMPLE_KEY, FILE_UNREADABLE, INTERRUPTED; {KeyError}; {PolicyError} POLICY_INVALID
 */
export async function gatherAnswers(flags: InitFlags, io: Io, file: string): Promise<PolicyAnswers> {
  const images =
    flags.images ?? (await askList('Images that are signed (such as registry.example.com/app/**): ', '--images', io));
  for (const pattern of images) parseImagePattern(pattern);
  const keys = flags.key ?? (await askList('Files of the public keys that sign them: ', '--key', io));
  if (keys.includes('-')) throw new CliError('USAGE', 'a policy names files of keys: - (standard input) is none');
  await readTrustedKeys({ ...flags, key: keys }, io);
  return {
    keys: [...new Set(keys.map((key) => fromFolderOf(file, key)))],
    images: [...new Set(images)],
    mode: flags.mode ?? 'enforce',
    tagBound: flags.tagBound ?? true,
    fallback: flags.default ?? 'deny',
  };
}

async function askList(question: string, flag: string, io: Io): Promise<readonly string[]> {
  const answer = await promptLine(question, io);
  const words = (answer ?? '').split(/[\s,]+/).filter((word) => word !== '');
  if (words.length > 0) return words;
  throw new CliError(
    'USAGE',
    `${flag} is missing${answer === undefined ? ', and there is no terminal to ask at' : ''}`,
  );
}

/** Paths in a policy count from its folder. */
function fromFolderOf(file: string, path: string): string {
  return relative(dirname(resolve(file)), resolve(path)).replaceAll('\\', '/');
}
