import { createHash } from 'node:crypto';
import type { Refusals } from '../policy.ts';
import type { X509Trust } from '../x509-trust.ts';
import type { LoadedFile } from './loading.ts';
import type { NamedSource } from './sources.ts';

/** What a policy was made of. */
export interface Ingredients {
  readonly files: readonly LoadedFile[];
  readonly sources: ReadonlyMap<string, NamedSource>;
  readonly refuse: Refusals;
}

/** Hex SHA-256 over the files, the values of their variables and the keys that were read: what could change an answer changes it. */
export function revisionOf({ files, sources, refuse }: Ingredients): string {
  const parts = {
    files: files.map(({ bytes, variables, bases }) => [
      createHash('sha256').update(bytes).digest('hex'),
      [...variables.values],
      bases.map((base) => files.findIndex(({ path }) => path === base)),
    ]),
    sources: [...sources].map(([name, { source }]) => [
      name,
      source.threshold ?? 1,
      source.keys.map(({ id }) => id).toSorted(),
      ...(source.x509 === undefined ? [] : [anchorsOf(source.x509)]),
    ]),
    refused: [...refuse.keyIds].toSorted(),
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** What was read of it; all else stands in the files. */
function anchorsOf({ ca, signingAuthority, tsa }: X509Trust): readonly unknown[] {
  return [ca, signingAuthority, tsa].map((list) => list.map(({ thumbprint }) => thumbprint).toSorted());
}
