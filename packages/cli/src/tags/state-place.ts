import { type FilePlace, fileStatePlace, memoryPlace, type StatePlace } from '@signet/signed-tags';
import type { Collection } from './collection.ts';

/** The file of a collection's state. */
export function placeOf({ name, catalogue }: Collection, folder: string): FilePlace {
  return fileStatePlace({ folder, collection: name, catalogue: catalogue.name });
}

/** The same, or nothing that outlives the call. */
export function placeWithin(collection: Collection, folder: string | undefined): StatePlace {
  return folder === undefined ? memoryPlace() : placeOf(collection, folder);
}
