import { codeOf, messageOf } from '../errors.ts';
import type { ImportedTag } from './import-tag.ts';
import type { ReadData } from './read.ts';

/** For programs: what was read, and what became of each tag; times as in RFC 3339. */
export function importJson({ data, place }: ReadData, imported: readonly ImportedTag[]): object {
  const { gun, root, delegations, expired, missing, unreleased, otherTargets } = data;
  return {
    version: 1,
    repository: gun,
    source: place,
    root,
    tags: imported.map(tagJson),
    unreleased,
    otherTargets,
    delegations,
    expired: expired.map(({ what, expiresMs }) => ({ what, expires: new Date(expiresMs).toISOString() })),
    missing,
  };
}

function tagJson({ trusted, ...rest }: ImportedTag): object {
  if (rest.outcome !== 'failed') return { ...trusted, ...rest };
  const { outcome, error } = rest;
  return { ...trusted, outcome, error: { code: codeOf(error) ?? 'INTERNAL', message: messageOf(error) } };
}
