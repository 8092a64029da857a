import { parseRegistryReference, RegistryError, type RegistryReference } from '@signet/oci';
import { DctError } from './errors.ts';

/**
 * A repository as Docker and Notary name it (globally unique name): host and path in full, as written: `docker.io/library/alpine`. Such a name leads
 * neither out of a folder nor to another address.
 * @throws {DctError} DCT_QUESTION_INVALID
 */
export function parseGun(gun: string): Pick<RegistryReference, 'registry' | 'repository'> {
  try {
    const { registry, repository, tag, digest } = parseRegistryReference(gun);
    if (`${registry}/${repository}` === gun && tag === undefined && digest === undefined)
      return { registry, repository };
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
  }
  throw new DctError(
    'DCT_QUESTION_INVALID',
    `not a repository with its registry in full: ${JSON.stringify(gun.slice(0, 140))}`,
  );
}
