import { EnvelopeError, PluginError, type PluginFailure } from '../errors.ts';
import { below, objectAt, type Place, parseDocument, shown, stringAt } from '../formats/strict-json.ts';

/** A plugin that ended with another exit code than 0, or by a signal. */
export interface FailedRun {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: Uint8Array;
}

const failures: readonly PluginFailure[] = [
  'VALIDATION_ERROR',
  'UNSUPPORTED_CONTRACT_VERSION',
  'ACCESS_DENIED',
  'TIMEOUT',
  'THROTTLED',
  'ERROR',
];
/** An explanation is a few lines. */
const maxBytes: number = 1024 * 1024;
const place: Place = { path: 'its error', code: 'ENVELOPE_MALFORMED' };

/**
 * The error for a plugin that failed: with exit code 1 and JSON on standard error it says itself why, else it is a general one.
 * Rule: wire-formats 10.
 */
export function failureOf(what: string, run: FailedRun): PluginError {
  const said = run.code === 1 ? ownWords(run.stderr) : undefined;
  if (said !== undefined) {
    const later = said.failure === 'TIMEOUT' || said.failure === 'THROTTLED' ? '; it may succeed later' : '';
    const { failure } = said;
    return new PluginError('PLUGIN_FAILED', `${what} failed: ${failure}: ${said.message}${later}`, { failure });
  }
  const how = run.signal === null ? `ended with exit code ${run.code}` : `was ended by ${run.signal}`;
  const words = shortText(Buffer.from(run.stderr.subarray(0, maxBytes)).toString('utf8'));
  return new PluginError('PLUGIN_FAILED', `${what} ${how}${words === '' ? '' : `: ${words}`}`);
}

interface OwnWords {
  readonly failure: PluginFailure;
  readonly message: string;
}

/** Undefined for anything but the JSON of the contract. */
function ownWords(stderr: Uint8Array): OwnWords | undefined {
  try {
    const members = objectAt(parseDocument(stderr, { place, maxBytes }), place);
    const code = stringAt(members.errorCode, below(place, 'errorCode'));
    const message = members.errorMessage === undefined ? '' : stringAt(members.errorMessage, place);
    const failure = failures.find((each) => each === code);
    // A code that nobody knows is a general error, whose name is worth telling.
    if (failure === undefined) return { failure: 'ERROR', message: shortText(`${shown(code)} ${message}`) };
    return { failure, message: shortText(message) };
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined;
    throw error;
  }
}

function shortText(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}
