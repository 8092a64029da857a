import { badSource } from './staging.ts';

/**
 * The name of a file at the top of an archive; undefined for what lies deeper, and for the top itself, which is left out, as notation does.
 * A name that leads anywhere else fails the archive.
 * @throws {CliError} PLUGIN_SOURCE
 */
export function topLevelName(path: string): string | undefined {
  const parts = path.split('/');
  const isOdd = path.startsWith('/') || /[\\\0]|^[a-zA-Z]:/.test(path) || parts.includes('..');
  if (isOdd) throw badSource(`it has a file that would lie elsewhere: ${JSON.stringify(path.slice(0, 200))}`);
  const [name, ...deeper] = parts.filter((part) => part !== '' && part !== '.');
  return deeper.length > 0 || path.endsWith('/') ? undefined : name;
}
