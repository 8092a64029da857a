import { join } from 'node:path';
import { CliError } from '../errors.ts';

/** Of the environment, what says where notation's files are. */
export type FolderEnv = Readonly<Record<string, string | undefined>>;

/**
 * notation's own configuration folder. Rule: wire-formats 9.1
 * @throws {CliError} USAGE where the environment does not say where it is
 */
export function notationFolder(env: FolderEnv, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return join(needed(env, 'AppData'), 'notation');
  if (env.XDG_CONFIG_HOME !== undefined && env.XDG_CONFIG_HOME !== '') return join(env.XDG_CONFIG_HOME, 'notation');
  const home = needed(env, 'HOME');
  return platform === 'darwin'
    ? join(home, 'Library', 'Application Support', 'notation')
    : join(home, '.config', 'notation');
}

function needed(env: FolderEnv, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new CliError('USAGE', `${name} is not set: notation's folder cannot be found`, {
    hint: 'set XDG_CONFIG_HOME, or name the policy by its path with --trust-store FOLDER',
  });
}
