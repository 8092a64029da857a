import type { SharedStore } from './shared-store.ts';
import type { ValkeyOptions } from './valkey-store.ts';

/** {@link connectValkey}, whose client library is loaded only where somebody asks for it. */
export async function openValkey(options: ValkeyOptions): Promise<SharedStore> {
  const { connectValkey } = await import('./valkey-store.ts');
  return await connectValkey(options);
}
