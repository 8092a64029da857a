import { defaultPace } from '@signet/core';
import type { Resolved, Source } from '@signet/oci';
import { type Head, parseCatalogue, readHead, TagsError } from '@signet/signed-tags';

/**
 * A copy knows no policy: by what both say themselves, the catalogue that is there must not be newer than the one that is brought. What is there and no
 * catalogue stands in nobody's way.
 * @throws {TagsError} CATALOGUE_NEWER; what cannot be read of the one that is brought; {RegistryError}
 */
export async function checkNotNewer(
  root: Resolved,
  from: Source,
  { to, signal }: { readonly to: Source; readonly signal: AbortSignal },
): Promise<void> {
  const only: Source = { ...from, resolve: async () => root };
  const own = await readHead(only, { pace: defaultPace, signal });
  const there = await headAt(to, signal);
  if (own === undefined || there === undefined) return;
  const [ownMs, thereMs] = [parseCatalogue(own.file).issuedMs, issuedOf(there)];
  if (thereMs === undefined || thereMs <= ownMs) return;
  const [mine, its] = [ownMs, thereMs].map((ms) => new Date(ms).toISOString());
  throw new TagsError(
    'CATALOGUE_NEWER',
    `the catalogue to copy says that it was issued at ${mine}, the one that is there at ${its}`,
  );
}

async function headAt(source: Source, signal: AbortSignal): Promise<Head | undefined> {
  try {
    return await readHead(source, { pace: defaultPace, signal });
  } catch (error) {
    if (error instanceof TagsError) return undefined;
    throw error;
  }
}

function issuedOf({ file }: Head): number | undefined {
  try {
    return parseCatalogue(file).issuedMs;
  } catch (error) {
    if (error instanceof TagsError) return undefined;
    throw error;
  }
}
