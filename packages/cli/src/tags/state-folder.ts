import { isAbsolute, join } from 'node:path';
import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';

/** What {@link addStateOptions} produces: a folder, `false` for none, `true` where nothing was said. */
export interface StateFlags {
  readonly state?: string | boolean;
}

/** `--state` and `--no-state`. */
export function addStateOptions(command: Command): Command {
  return command
    .option('--state <folder>', 'what is remembered of signed tags (default: signet/tags in XDG_STATE_HOME)')
    .option('--no-state', 'remember nothing, and use nothing that was: an older catalogue is not noticed');
}

/**
 * The folder of what is remembered of signed tags; undefined for `--no-state`.
 * @throws {CliError} USAGE where there is no place for it: to go on without would be a weaker answer that nobody asked for
 */
export function stateFolder({ state }: StateFlags, { env }: Pick<Io, 'env'>): string | undefined {
  if (state === false) return undefined;
  if (typeof state === 'string') return state;
  const folder = userFolder(env);
  if (folder !== undefined) return join(folder, 'signet', 'tags');
  throw new CliError('USAGE', 'there is no place for what is remembered of signed tags: HOME is not set', {
    hint: 'name a folder, --state FOLDER; or go on without: --no-state',
  });
}

function userFolder(env: Io['env']): string | undefined {
  if (process.platform === 'win32') return env.LOCALAPPDATA;
  const { XDG_STATE_HOME: own, HOME: home } = env;
  // Rule: XDG base directory specification: a relative path is ignored.
  if (own !== undefined && isAbsolute(own)) return own;
  return home !== undefined && isAbsolute(home) ? join(home, '.local', 'state') : undefined;
}
