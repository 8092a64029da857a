import type { TagCatalogue } from '@signet/verifier';
import { source } from '../evidence-data.ts';

/** A catalogue for `registry.example/shop/**` with the defaults of the language. */
export function catalogueOf(changes: Partial<TagCatalogue> = {}): TagCatalogue {
  return {
    name: 'shop',
    collections: { name: 'registry.example/shop', isTree: true },
    mirrors: [],
    signedBy: source('publisher'),
    maxAgeMs: 72 * 3_600_000,
    graceAfterExpiryMs: 0,
    onRollback: 'useTrusted',
    supersededMs: 0,
    digestReferences: 'listed',
    freshness: { mode: 'online' },
    ...changes,
  };
}
