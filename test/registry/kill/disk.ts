import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from './http.ts';

/** Looks at the files of a dead server: every one is whole, and every index leads to files that are there. */
export class DiskCheck {
  /** Files whose content was found to be right, with the time of their last change. */
  readonly #right = new Map<string, number>();
  readonly #faults: string[];
  files = 0;

  constructor(faults: string[]) {
    this.#faults = faults;
  }

  /** Gives the tags of the layout. */
  look(layoutDir: string): ReadonlyMap<string, string> {
    const tags = new Map<string, string>();
    if (!existsSync(join(layoutDir, 'oci-layout'))) return tags; // killed while it was being made
    JSON.parse(readFileSync(join(layoutDir, 'oci-layout'), 'utf8'));
    const folder = join(layoutDir, 'blobs/sha256');
    for (const name of readdirSync(folder)) this.#checkFile(folder, name);
    const { manifests } = JSON.parse(readFileSync(join(layoutDir, 'index.json'), 'utf8')) as {
      manifests: readonly Entry[];
    };
    for (const { digest, size, annotations } of manifests) {
      const path = join(folder, digest.slice('sha256:'.length));
      if (!existsSync(path) || statSync(path).size !== size) this.#faults.push(`index.json names ${digest}: not there`);
      const tag = annotations?.['org.opencontainers.image.ref.name'];
      if (tag === undefined) continue;
      if (tags.has(tag)) this.#faults.push(`index.json has the tag ${tag} twice`);
      tags.set(tag, digest);
    }
    return tags;
  }

  #checkFile(folder: string, name: string): void {
    const path = join(folder, name);
    const { mtimeMs } = statSync(path);
    if (this.#right.get(path) === mtimeMs) return;
    this.files += 1;
    if (sha256(readFileSync(path)) !== `sha256:${name}`) this.#faults.push(`${path} is not what its name says`);
    this.#right.set(path, mtimeMs);
  }
}

interface Entry {
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What earlier servers left lying about: unfinished files, locks that were being made. */
export function leftovers(root: string, layouts: readonly string[]): readonly string[] {
  const inRoot = readdirSync(root).filter((name) => name.startsWith('_lock.'));
  const unfinished = layouts.flatMap((dir) => {
    const folder = join(dir, '.unfinished');
    return existsSync(folder) ? readdirSync(folder) : [];
  });
  return [...inRoot, ...unfinished];
}
