import type { ReadContext, ReadOptions } from './context.ts';
import { decodeInput } from './decode.ts';
import { readDockerfile } from './dockerfile/read-dockerfile.ts';
import { createGathering } from './gathering.ts';
import type { ImageUse, InputProblem, Inventory, Pin } from './inventory.ts';
import { readingOfKind, readingOfName, readingOfText } from './kind-of.ts';
import { createKindTable } from './kubernetes/kind-table.ts';
import { defaultWorkloadLimits } from './limits.ts';
import { readList } from './list.ts';
import { createPlaceFinder } from './place.ts';
import type { Spot } from './tree/tree.ts';
import { readYaml } from './yaml/read-yaml.ts';

/**
 * All images that an input names, each at its place, and what kept further ones from being read. Pure: nothing is fetched, no other file
 * is opened.
 * @throws {WorkloadError} WORKLOAD_MALFORMED, WORKLOAD_TOO_LARGE, WORKLOAD_PATH_INVALID
 */
export function readImages(bytes: Uint8Array, options: ReadOptions): Inventory {
  const limits = { ...defaultWorkloadLimits, ...options.limits };
  const text = decodeInput(bytes, options.file, limits);
  const { file } = options;
  const context: ReadContext = {
    text,
    options,
    limits,
    places: createPlaceFinder(file, text),
    gathering: createGathering(file, limits),
    kinds: new Set(),
  };
  readAs(context);
  return inventoryOf(context);
}

function readAs(context: ReadContext): void {
  const { text, options } = context;
  const kind = options.kind ?? 'auto';
  const reading = kind === 'auto' ? (readingOfName(options.file) ?? readingOfText(text)) : readingOfKind(kind);
  if (reading === 'yaml') readYaml(context, createKindTable(options.customPaths));
  else if (reading === 'dockerfile') readDockerfile(context);
  else readList(context);
}

function inventoryOf({ options, gathering, kinds, places }: ReadContext): Inventory {
  const nowhere = { start: 0, end: 0 };
  const starts = new Set(gathering.images.map(({ spot }) => spot?.span.start));
  const judged = new Map<readonly number[], boolean>();
  const isAllImages = (users: readonly number[]): boolean => {
    const known = judged.get(users) ?? users.every((start) => starts.has(start));
    judged.set(users, known);
    return known;
  };
  const images = gathering.images.map(({ spot, ...image }): ImageUse => {
    const pin = image.reference.digest === undefined ? pinOf(spot, isAllImages) : ({ kind: 'pinned' } as const);
    return { ...image, place: places.placeOf(spot?.span ?? nowhere), pin };
  });
  const problems = gathering.problems.map(
    ({ spot, ...problem }): InputProblem => ({ ...problem, place: places.placeOf(spot?.span ?? nowhere) }),
  );
  const byPlace = (a: ImageUse | InputProblem, b: ImageUse | InputProblem): number => a.place.offset - b.place.offset;
  return { file: options.file, kinds: [...kinds], images: images.sort(byPlace), problems: problems.sort(byPlace) };
}

/** A text that aliases share is changed for all of them: only where all of them are images. */
function pinOf(spot: Spot | undefined, isAllImages: (users: readonly number[]) => boolean): Pin {
  if (spot === undefined) return { kind: 'impossible', why: 'it has no place' };
  if (spot.sharedBy !== undefined && !isAllImages(spot.sharedBy))
    return { kind: 'impossible', why: 'its anchor is used for something else too' };
  return spot.pin;
}
