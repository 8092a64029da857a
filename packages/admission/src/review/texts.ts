import { escapeForTerminal } from '@signet/verifier';
import type { Outcome } from './outcome.ts';

/** An image at its place, and what came of it. */
export interface PlacedOutcome {
  /** As it is written there. */
  readonly image: string;
  /** `container "web" (spec.containers[0].image)`; none where a request names images alone. */
  readonly where?: string;
  readonly outcome: Outcome;
}

/** Characters of one warning, and of all: what Kubernetes shows. Rule: AdmissionResponse.warnings */
const maxWarning = 256;
const maxWarnings = 4096;
/** Characters of a refusal's message; more is cut by clients. */
const maxMessage = 4096;
/** Of one image in it. */
const maxImageText = 800;
/** Texts of refused images that one message holds. */
const maxNamed = 8;

/** Why images are refused, a line each; undefined where none is. */
export function refusalMessage(outcomes: readonly PlacedOutcome[]): string | undefined {
  const refused = outcomes.filter(({ outcome }) => !outcome.isAllowed);
  if (refused.length === 0) return undefined;
  const lines = refused.slice(0, maxNamed).map((each) => refusalText(each));
  const rest = refused.length - lines.length;
  return cut([...lines, ...(rest > 0 ? [`and ${rest} more images`] : [])].join('\n'), maxMessage);
}

/** What people should see though it is allowed, within the limits of Kubernetes. */
export function warningsOf(outcomes: readonly PlacedOutcome[]): readonly string[] {
  const texts = outcomes
    .filter(({ outcome }) => outcome.isAllowed && outcome.isWarning)
    .map(({ image, where, outcome: { verdict, code, why } }) =>
      cut(
        escapeForTerminal(`signet: ${image} is ${verdict} (${code}): ${why}${where === undefined ? '' : `; ${where}`}`),
        maxWarning,
      ),
    );
  const unique = [...new Set(texts)];
  const room = Math.floor(maxWarnings / maxWarning);
  return unique.length <= room
    ? unique
    : [...unique.slice(0, room - 1), `signet: and ${unique.length - room + 1} more images`];
}

function refusalText({ image, where, outcome }: PlacedOutcome): string {
  const { verdict, code, why, remedy, rule } = outcome;
  const at = where === undefined ? '' : `${where}: `;
  const by = rule === undefined ? '' : ` [rule ${rule}]`;
  const todo = remedy === undefined ? '' : `; to do: ${remedy}`;
  return cut(escapeForTerminal(`${at}${image}: ${verdict} (${code}): ${why}${by}${todo}`), maxImageText);
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
