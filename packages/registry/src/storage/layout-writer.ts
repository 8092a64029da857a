import { type LayoutStore, openLayout } from '@signet/oci';

/** What the registry asks of an image layout; lookups go by the maps in memory. */
export type LayoutWriter = Pick<
  LayoutStore,
  'push' | 'adopt' | 'tag' | 'untag' | 'delete' | 'fetch' | 'sizeOf' | 'openRange'
>;

/** Opens or makes the layout, as the only process that writes to it. */
export function openWriter(layoutDir: string): Promise<LayoutWriter> {
  return openLayout(layoutDir, { create: true, exclusive: true });
}
