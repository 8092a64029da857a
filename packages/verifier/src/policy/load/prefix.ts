import { parseRegistryReference, RegistryError } from '@signet/oci';
import { foldHost } from '../match/fold-host.ts';
import type { Place } from '../place.ts';
import { type Problems, quoted } from './problems.ts';

/** `HOST[/PATH]`, folded as references are; undefined for what is none, which is told. */
export function parsePrefix(text: string, place: Place, problems: Problems): string | undefined {
  const [first = '', ...path] = text.replace(/\/+$/, '').split('/');
  const host = foldHost(first);
  if (!/[.:[]/.test(first) && first !== 'localhost') {
    problems.add(`${quoted(text)} does not begin with the host of a registry`, place, {
      hint: `for Docker Hub: docker.io/${text}`,
    });
    return undefined;
  }
  try {
    // Two more parts, so that a host alone is a name, and nothing is put before a single part.
    const { registry, repository } = parseRegistryReference([host, ...path, 'x', 'x'].join('/'));
    return [registry, ...repository.split('/').slice(0, -2)].join('/');
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    problems.add(`${quoted(text)} is not HOST or HOST/PATH, without tag, digest or *`, place, { cause });
    return undefined;
  }
}
