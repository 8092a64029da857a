import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { CliError } from '../errors.ts';
import { systemReason } from '../files.ts';

/** Files of one folder that are read, and how deep it is looked into. */
const [maxFiles, maxDepth] = [10_000, 32];

/** What may name images: manifests and Compose files, Dockerfiles. */
const wanted = /\.(?:ya?ml|json)$|^(?:Dockerfile|Containerfile)(?:$|[.-])|\.(?:dockerfile|containerfile)$/i;

/** How a folder is looked through. */
export interface FolderOptions {
  /** Links that lead out of the folder are refused: what is found will be written to. Default: they are read. */
  readonly refuseLinksOut?: boolean;
}

/**
 * The files that a path stands for: itself, or those of a folder that may name images, in the order of their names. What begins with a
 * dot and node_modules are left out, links to folders not followed.
 * @throws {CliError} FILE_UNREADABLE, USAGE for a folder with nothing to read, and for a link that leads out
 */
export async function inputFiles(path: string, options: FolderOptions = {}): Promise<readonly string[]> {
  if (path === '-') return [path];
  try {
    if (!(await stat(path)).isDirectory()) return [path];
  } catch (error) {
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
  const found: string[] = [];
  await walk(path, 0, found);
  if (options.refuseLinksOut === true) await refuseLinksOut(path, found);
  if (found.length > 0) return found;
  throw new CliError('USAGE', `the folder ${path} holds no manifests`, {
    hint: 'files *.yaml, *.yml, *.json and Dockerfiles are read',
  });
}

async function walk(folder: string, depth: number, found: string[]): Promise<void> {
  if (depth > maxDepth) throw new CliError('FILE_UNREADABLE', `${folder} lies deeper than ${maxDepth} folders`);
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) await walk(path, depth + 1, found);
    else if (wanted.test(entry.name) && (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))))
      found.push(path);
    if (found.length > maxFiles) throw new CliError('USAGE', `more than ${maxFiles} files to read`);
  }
}

async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    throw new CliError('FILE_UNREADABLE', `cannot read ${folder}: ${systemReason(error)}`, { cause: error });
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false, // a link that leads nowhere names no image
  );
}

async function refuseLinksOut(folder: string, files: readonly string[]): Promise<void> {
  const inside = await realPath(folder);
  for (const file of files) {
    const real = await realPath(file);
    const way = relative(inside, real);
    if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) continue;
    throw new CliError('USAGE', `${file} is a link that leads out of ${folder}, to ${real}: it is not written to`, {
      hint: 'remove the link, or name what it leads to with -f',
    });
  }
}

/** The path without links. @throws {CliError} FILE_UNREADABLE */
export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
}
