import { realpathSync, type Stats, statSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { systemReason } from '../files.ts';
import { isFixed } from '../fixed-path.ts';

/**
 * The path of a socket whose server is believed: nobody but root and this user can have made it or put another in its place. One that is not
 * there is as good: nobody answers. @throws {CliError} SOCKET_UNSAFE, FILE_UNREADABLE
 */
export function checkedSocket(path: string): string {
  try {
    const real = realpathSync.native(path);
    const why = unsafety(real, statSync(real));
    if (why === undefined) return real;
    throw new CliError('SOCKET_UNSAFE', `${path} is not believed: ${why}`, {
      hint: 'a folder that only root can write to, such as /run/signet',
    });
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return path;
    throw new CliError('FILE_UNREADABLE', `cannot look at ${path}: ${systemReason(error)}`, { cause: error });
  }
}

function unsafety(path: string, facts: Stats): string | undefined {
  if (!facts.isSocket()) return 'it is no socket';
  const own = process.getuid?.() ?? 0;
  if (facts.uid !== 0 && facts.uid !== own) return `it belongs to user ${facts.uid}`;
  return isFixed(path, own) ? undefined : 'others can put another in its place';
}
