import { parseRegistryReference, RegistryError } from '@signet/oci';
import type { RepositoryPattern } from '../catalogue.ts';
import type { Place } from '../place.ts';
import { parsePrefix } from './prefix.ts';
import { type Problems, quoted } from './problems.ts';

/** `HOST/PATH` or `HOST[/PATH]/**`, folded; undefined for what is neither, which is told. Rule: signed-tags.md 6 */
export function parseRepositoryPattern(text: string, place: Place, problems: Problems): RepositoryPattern | undefined {
  const isTree = text.endsWith('/**');
  const body = isTree ? text.slice(0, -'/**'.length) : text;
  if (body.includes('*') || body.endsWith('/')) {
    problems.add(`${quoted(text)} is neither one repository nor all below a name`, place, {
      hint: 'HOST/PATH is one repository, HOST/PATH/** all below it; no other * can be here',
    });
    return undefined;
  }
  const name = parsePrefix(body, place, problems);
  if (name === undefined || isTree) return name === undefined ? undefined : { name, isTree };
  return repositoryOf(name, place, problems);
}

function repositoryOf(name: string, place: Place, problems: Problems): RepositoryPattern | undefined {
  if (!name.includes('/')) {
    problems.add(`${quoted(name)} is a registry, not a repository`, place, { hint: `all of it: ${name}/**` });
    return undefined;
  }
  try {
    const { registry, repository } = parseRegistryReference(name); // puts Docker Hub's library/ in
    return { name: `${registry}/${repository}`, isTree: false };
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    problems.add(`${quoted(name)} is not a repository`, place, { cause });
    return undefined;
  }
}
