import { join } from 'node:path';
import { RegistryError, readRegular } from '@signet/oci';
import { DctError } from '../errors.ts';
import { parseGun } from '../gun.ts';
import { type MetadataSource, nameOf } from '../source.ts';

/**
 * What a Docker or Notary client keeps of a repository below `trustFolder` (`~/.docker/trust`, `~/.notary`): the state of its last visit, which may be
 * older than its last signature. Older roots are read where they lie beside it, as `1.root.json`.
 * @throws {DctError} DCT_QUESTION_INVALID
 */
export function folderSource(trustFolder: string, gun: string): MetadataSource {
  const { registry, repository } = parseGun(gun);
  const folder = join(trustFolder, 'tuf', registry, ...repository.split('/'), 'metadata');
  return {
    place: folder,
    async read(file, { maxBytes }) {
      const path = join(folder, `${nameOf(file)}.json`);
      try {
        return await readRegular(path, maxBytes);
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw readError(cause, path);
      }
    },
  };
}

function isMissing(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function readError(cause: unknown, path: string): unknown {
  if (!(cause instanceof Error)) return cause;
  const isTooLarge = cause instanceof RegistryError && cause.code === 'TOO_LARGE';
  const why = cause instanceof RegistryError ? cause.message : `${path} cannot be read: ${cause.message}`;
  return new DctError(isTooLarge ? 'DCT_TOO_LARGE' : 'DCT_UNREADABLE', why, { cause });
}
