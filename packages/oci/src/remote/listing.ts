import { asObject, type Descriptor, parseDescriptor } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';

/** A referrers listing as read. `malformed`: entries that are no descriptors; the others count all the same. */
export interface Listing {
  readonly descriptors: readonly Descriptor[];
  readonly malformed: number;
}

/** The entries of an index that lists referrers, one by one, so that a bad entry hides no good one. @throws {RegistryError} JSON_INVALID, MANIFEST_INVALID */
export function parseListing(bytes: Uint8Array): Listing {
  const object = asObject(parseJson(bytes), 'index');
  const { manifests } = object;
  if (object.schemaVersion !== 2) throw new RegistryError('MANIFEST_INVALID', 'index.schemaVersion is not 2');
  if (object.config !== undefined || object.layers !== undefined) {
    throw new RegistryError('MANIFEST_INVALID', 'an index has neither "config" nor "layers"');
  }
  if (manifests === null) return { descriptors: [], malformed: 0 };
  if (!Array.isArray(manifests)) throw new RegistryError('MANIFEST_INVALID', 'index.manifests is not a list');
  const descriptors = manifests.flatMap((entry: unknown) => readEntry(entry));
  return { descriptors, malformed: manifests.length - descriptors.length };
}

function readEntry(entry: unknown): readonly Descriptor[] {
  try {
    return [parseDescriptor(entry, 'entry')];
  } catch {
    return []; // Counted by the caller as malformed.
  }
}
