import { parseRegistryReference, RegistryError } from '@signet/oci';

/** The host of a registry as `login` takes it: `registry.example.com`, `localhost:5000`, `docker.io`. @throws {RegistryError} REFERENCE_INVALID */
export function parseRegistryName(text: string): string {
  const { registry, repository } = parseRegistryReference(`${text}/x`);
  // A word without a dot or port is a repository of Docker Hub in a reference, not a host.
  if (repository === 'x') return registry;
  throw new RegistryError(
    'REFERENCE_INVALID',
    `not a registry: ${JSON.stringify(text.slice(0, 200))} (a host with a dot or a port is wanted, without a repository)`,
  );
}
