import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRepositoryName, makeFolders } from '@signet/oci';
import { ApiError } from '../errors.ts';
import { createContentCache } from './content-cache.ts';
import type { IsImmutable } from './immutable-tags.ts';
import { openRepository, type Repository } from './repository.ts';

/** All repositories below one root folder. */
export interface Repositories {
  /** A repository that has content; undefined for any other name. */
  find(name: string): Promise<Repository | undefined>;
  /** Also one that has nothing yet. @throws {ApiError} TOOMANYREQUESTS when there are too many names */
  forWriting(name: string): Promise<Repository>;
  /** One that may have an upload under way; undefined for a name that nobody has written to: asking makes nothing. */
  withUploads(name: string): Promise<Repository | undefined>;
  /** Names of the repositories with content, sorted by code unit. */
  names(): readonly string[];
  /** The folders that may hold unfinished uploads. */
  uploadDirs(): readonly string[];
}

const maxRepositories = 100_000;

export interface RepositoriesOptions {
  /** Of manifests and small blobs, kept in memory. */
  readonly cacheBytes: number;
  readonly isImmutable: IsImmutable;
}

/** Reads which repositories there are; each is opened when it is first asked for. */
export async function openRepositories(root: string, options: RepositoriesOptions): Promise<Repositories> {
  await makeFolders(root);
  const cache = createContentCache(options.cacheBytes);
  const found = await findRepositories(root);
  const existing = new Set(found.layouts.filter(isRepositoryName));
  const withUploads = new Set(found.uploads.filter(isRepositoryName));
  const opened = new Map<string, Promise<Repository>>();
  let sorted: readonly string[] | undefined;

  const open = (name: string): Promise<Repository> => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    if (opened.size >= maxRepositories) throw new ApiError(429, 'TOOMANYREQUESTS', 'too many repositories are open');
    const onCreated = (): void => {
      existing.add(name);
      sorted = undefined;
    };
    const made = openRepository({
      name,
      dir: join(root, name),
      exists: existing.has(name),
      cache,
      isImmutable: (tag) => options.isImmutable(name, tag),
      onCreated,
    });
    opened.set(name, made);
    made.catch(() => opened.delete(name));
    return made;
  };
  return {
    async find(name) {
      return existing.has(name) ? open(name) : undefined;
    },
    async forWriting(name) {
      withUploads.add(name);
      return open(name);
    },
    async withUploads(name) {
      return existing.has(name) || withUploads.has(name) ? open(name) : undefined;
    },
    names() {
      sorted ??= [...existing].sort();
      return sorted;
    },
    uploadDirs: () => [...withUploads].map((name) => join(root, name, '_uploads')),
  };
}

interface Found {
  readonly layouts: string[];
  readonly uploads: string[];
}

/** Folders below the root that hold a `_layout` or `_uploads`; links are not followed. */
async function findRepositories(root: string): Promise<Found> {
  const found: Found = { layouts: [], uploads: [] };
  const queue = [''];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const folder of await foldersIn(join(root, name))) {
      const child = name === '' ? folder : `${name}/${folder}`;
      if (folder === '_layout') found.layouts.push(name);
      else if (folder === '_uploads') found.uploads.push(name);
      else if (isRepositoryName(child)) queue.push(child);
    }
  }
  return found;
}

async function foldersIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
