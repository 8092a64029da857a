import { parseRegistryReference, RegistryError, type RegistryReference } from '@signet/oci';
import { WorkloadError } from './errors.ts';
import type { InputProblemCode, NamedImage, NamedProblem } from './inventory.ts';
import type { WorkloadLimits } from './limits.ts';
import type { PlaceFinder, Span } from './place.ts';
import type { Spot, Tree } from './tree/tree.ts';

/** An image as a reader found it. `written` is what stands there, `resolved` what that means (the same, where it has no variables). */
export interface FoundImage extends Omit<NamedImage, 'reference'> {
  readonly resolved: string;
  readonly spot?: Spot;
  readonly origin?: string;
}

/** An image whose reference is one. */
export type GatheredImage = Omit<FoundImage, 'resolved'> & Pick<NamedImage, 'reference'>;

/** A problem, and where it was seen. */
export type GatheredProblem = NamedProblem & { readonly spot?: Spot };

/** What the readers hand their findings to. */
export interface Gathering {
  readonly image: (found: FoundImage) => void;
  readonly problem: (problem: GatheredProblem) => void;
  /** A range that only aliases look at. */
  readonly leave: (span: Span) => void;
  readonly images: readonly GatheredImage[];
  readonly problems: readonly GatheredProblem[];
  readonly unused: readonly Span[];
}

/** Keeps findings within the limits; what is no reference becomes a problem. `what` names the input in errors where it has no places. */
export function createGathering(what: string, limits: WorkloadLimits, places?: PlaceFinder): Gathering {
  const images: GatheredImage[] = [];
  const problems: GatheredProblem[] = [];
  const unused: Span[] = [];
  const tooMany = (most: string, { spot }: { readonly spot?: Spot }): WorkloadError =>
    places === undefined
      ? new WorkloadError('WORKLOAD_TOO_LARGE', `${what}: more than ${most}`)
      : new WorkloadError('WORKLOAD_TOO_LARGE', `more than ${most}`, {
          place: places.placeOf(spot?.span ?? { start: 0, end: 0 }),
        });
  const gathering: Gathering = {
    images,
    problems,
    unused,
    leave: (span) => void unused.push(span),
    image({ resolved, ...found }) {
      const reference = referenceOf(resolved, limits);
      if (typeof reference === 'string') gathering.problem(invalid(found, reference));
      else if (images.length >= limits.maxImages) throw tooMany(`${limits.maxImages} images`, found);
      else images.push({ ...found, reference });
    },
    problem(problem) {
      if (problems.length >= limits.maxProblems) throw tooMany(`${limits.maxProblems} problems`, problem);
      problems.push(problem);
    },
  };
  return gathering;
}

/** The same gathering for what came from one file of a chart. */
export function withOrigin(gathering: Gathering, origin: string | undefined): Gathering {
  if (origin === undefined) return gathering;
  return { ...gathering, image: (found) => gathering.image({ ...found, origin }) };
}

/** A problem that hides an image. */
export function unread(
  code: InputProblemCode,
  message: string,
  where: Pick<NamedProblem, 'path' | 'object'> & { readonly at?: Tree | undefined },
): GatheredProblem {
  const { path, object, at } = where;
  return {
    code,
    message,
    severity: 'unread',
    path,
    ...(object === undefined ? {} : { object }),
    ...(at?.spot === undefined ? {} : { spot: at.spot }),
  };
}

/** What is told, but hides nothing. */
export function note(...told: Parameters<typeof unread>): ReturnType<typeof unread> {
  return { ...unread(...told), severity: 'note' };
}

function invalid(found: Omit<FoundImage, 'resolved'>, message: string): GatheredProblem {
  const { path, object, spot } = found;
  return {
    code: 'IMAGE_INVALID',
    message,
    severity: 'unread',
    path,
    ...(object === undefined ? {} : { object }),
    ...(spot === undefined ? {} : { spot }),
  };
}

/** The reference, or what is wrong with it. */
function referenceOf(text: string, limits: WorkloadLimits): RegistryReference | string {
  if (text.length > limits.maxReference) return `the image reference is longer than ${limits.maxReference} characters`;
  try {
    return parseRegistryReference(text);
  } catch (error) {
    if (error instanceof RegistryError) return error.message;
    throw error;
  }
}
