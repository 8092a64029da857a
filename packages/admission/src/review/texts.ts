import { escapeForTerminal, type Verdict } from '@signet/verifier';
import { cut, cutMiddle, joinWithin } from './cut.ts';
import type { Outcome } from './outcome.ts';

/** Where in an object an image stands. */
export interface Where {
  /** `init container "db"`; none where the place has no name of its own. */
  readonly name?: string;
  /** `spec.initContainers[0].image` */
  readonly path: string;
}

/** An image at its place, and what came of it. */
export interface PlacedOutcome {
  /** As it is written there. */
  readonly image: string;
  /** None where a request names images alone. */
  readonly where?: Where;
  readonly outcome: Outcome;
}

/**
 * Characters of one warning, and of all: the API server cuts what is longer. Rule: AdmissionResponse.warnings
 */
const maxWarning = 256;
const maxWarnings = 4096;
/** Characters of a refusal: an event of Kubernetes shows 1024, so the first image must fit in there whole; `kubectl` shows all. */
const maxRefusal = 4096;
const maxOneRefusal = 900;
/** Characters of its parts, so that none pushes the others out. */
const maxImage = 300;
const maxPlaces = 220;
const maxWhy = 250;

/** Why images are refused, the worst first; undefined where none is. */
export function refusalMessage(outcomes: readonly PlacedOutcome[]): string | undefined {
  const groups = worstFirst(grouped(outcomes.filter(({ outcome }) => !outcome.isAllowed)));
  const [first] = groups;
  if (first === undefined || groups.length === 1) return first && refusalText(first);
  const head = `${groups.length} images are refused:`;
  const more = (rest: number) => `and ${rest} more: ${countsOf(groups.slice(groups.length - rest))}`;
  const max = maxRefusal - head.length - 1;
  return `${head}\n${joinWithin(groups, { textOf: refusalText, separator: '\n', max, more })}`;
}

/** What people should see though it is allowed. */
export function warningsOf(outcomes: readonly PlacedOutcome[]): readonly string[] {
  const groups = worstFirst(grouped(outcomes.filter(({ outcome }) => outcome.isAllowed && outcome.isWarning)));
  const room = Math.floor(maxWarnings / maxWarning);
  const rest = groups.length - room;
  if (rest <= 0) return groups.map(warningText);
  const more = `signet: and ${rest + 1} more images: ${countsOf(groups.slice(room - 1))}`;
  return [...groups.slice(0, room - 1).map(warningText), more];
}

/** One image, and all places where the same came of it. */
interface Group {
  readonly image: string;
  readonly outcome: Outcome;
  readonly places: readonly Where[];
}

function grouped(outcomes: readonly PlacedOutcome[]): readonly Group[] {
  const groups = Map.groupBy(outcomes, ({ image, outcome: { code, why } }) => JSON.stringify([image, code, why]));
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    const places = same.flatMap(({ where }) => (where === undefined ? [] : [where]));
    return first === undefined ? [] : [{ image: first.image, outcome: first.outcome, places }];
  });
}

const order: readonly Verdict[] = ['denied', 'undecided', 'verified'];

/** A refused image before one that could not be looked at: what is cut off at the end is what matters least. */
function worstFirst(groups: readonly Group[]): readonly Group[] {
  return groups.toSorted((a, b) => order.indexOf(a.outcome.verdict) - order.indexOf(b.outcome.verdict));
}

function refusalText({ image, outcome, places }: Group): string {
  const { verdict, code, why, remedy, rule } = outcome;
  const parts = [
    placesText(places, ({ name, path }) => (name === undefined ? path : `${name} (${path})`)),
    `${shown(image, maxImage)}: ${verdict} (${code}): ${told(why)}`,
    rule === undefined ? '' : ` [rule ${shown(rule, 60)}]`,
    remedy === undefined ? '' : `; to do: ${told(remedy)}`,
  ];
  return cut(parts.join(''), maxOneRefusal);
}

/** What it is comes first: much of a warning may be cut off on its way. */
function warningText({ image, outcome, places }: Group): string {
  const { verdict, code, why } = outcome;
  const at = placesText(places.slice(0, 1), ({ name, path }) => name ?? path);
  const others = places.length > 1 ? ` (and in ${places.length - 1} more places)` : '';
  return cut(`signet: ${verdict} (${code}): ${cut(at, 80)}${shown(image, 110)}${others}: ${told(why)}`, maxWarning);
}

function placesText(places: readonly Where[], textOf: (where: Where) => string): string {
  if (places.length === 0) return '';
  const shownPlace = (where: Where) => escapeForTerminal(cutMiddle(textOf(where), 200), maxPlaces);
  const more = (rest: number) => (rest === places.length ? `${rest} places` : `${rest} more`);
  return `${joinWithin(places, { textOf: shownPlace, separator: ', ', max: maxPlaces, more })}: `;
}

function countsOf(groups: readonly Group[]): string {
  const counts = order.map((verdict) => [verdict, groups.filter((each) => each.outcome.verdict === verdict).length]);
  return counts.flatMap(([verdict, count]) => (count === 0 ? [] : [`${count} ${verdict}`])).join(', ');
}

/** The name of something, as the caller wrote it. */
function shown(name: string, max: number): string {
  if (name === '') return '""';
  return cutMiddle(escapeForTerminal(cutMiddle(name, max)), max);
}

function told(text: string): string {
  return cut(escapeForTerminal(text, maxWhy), maxWhy);
}
