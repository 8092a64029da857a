import type { ReadContext, ReadOptions } from './context.ts';
import { decodeInput } from './decode.ts';
import { readDockerfile } from './dockerfile/read-dockerfile.ts';
import { createGathering, type Gathering } from './gathering.ts';
import type { ImageUse, InputProblem, Inventory, Pin } from './inventory.ts';
import { readingOfKind, readingOfName, readingOfText } from './kind-of.ts';
import { createKindTable } from './kubernetes/kind-table.ts';
import { defaultWorkloadLimits } from './limits.ts';
import { readList } from './list.ts';
import { createPlaceFinder, lastAtMost } from './place.ts';
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
  const places = createPlaceFinder(file, text);
  const context: ReadContext = {
    text,
    options,
    limits,
    places,
    gathering: createGathering(file, limits, places),
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
  const isOnlyImages = createSharing(gathering);
  const images = gathering.images.map(({ spot, ...image }): ImageUse => {
    const pin = image.reference.digest === undefined ? pinOf(spot, isOnlyImages) : ({ kind: 'pinned' } as const);
    return { ...image, place: places.placeOf(spot?.span ?? nowhere), pin };
  });
  const problems = gathering.problems.map(
    ({ spot, ...problem }): InputProblem => ({ ...problem, place: places.placeOf(spot?.span ?? nowhere) }),
  );
  const byPlace = (a: ImageUse | InputProblem, b: ImageUse | InputProblem): number => a.place.offset - b.place.offset;
  return { file: options.file, kinds: [...kinds], images: images.sort(byPlace), problems: problems.sort(byPlace) };
}

type Shared = NonNullable<Spot['shared']>;

/** Whether a text is used for images alone: by each of its aliases, and where it stands, unless nobody looks there. */
function createSharing({ images, unused }: Gathering): (shared: Shared) => boolean {
  const starts = new Set(images.map(({ spot }) => spot?.span.start));
  const spans = unused.toSorted((a, b) => a.start - b.start);
  const spanStarts = spans.map(({ start }) => start);
  const isUnused = (at: number): boolean => {
    const span = spans[lastAtMost(spanStarts, at)];
    return span !== undefined && span.start <= at && at < span.end;
  };
  const judged = new Map<readonly number[], boolean>();
  return ({ users, start }) => {
    const known = judged.get(users) ?? users.every((user) => starts.has(user));
    judged.set(users, known);
    return known && (starts.has(start) || isUnused(start));
  };
}

function pinOf(spot: Spot | undefined, isOnlyImages: (shared: Shared) => boolean): Pin {
  if (spot === undefined) return { kind: 'impossible', why: 'it has no place' };
  if (spot.shared !== undefined && !isOnlyImages(spot.shared))
    return { kind: 'impossible', why: 'its anchor is used for something else too' };
  return spot.pin;
}
