import type { Reference } from './reference.ts';
import type { RegistryClient } from './remote/client.ts';
import type { Store } from './store.ts';

/**
 * The Store that a reference lies in: a repository of a registry, or an image layout (made where `create` says so).
 * @throws {RegistryError} LAYOUT_INVALID, REFERENCE_INVALID
 */
export async function openStore(
  reference: Reference,
  client: RegistryClient,
  options: { readonly create?: boolean } = {},
): Promise<Store> {
  if (reference.kind === 'registry') return client.repository(reference);
  // Loaded only here: most calls are about registries, and every call pays for what is loaded.
  const { openLayout } = await import('./layout/layout.ts');
  return openLayout(reference.path, options);
}
