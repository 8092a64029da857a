import { type ResultEntry, toOutcome } from '@signet/verifier';
import { codeOf, messageOf } from '../errors.ts';
import type { Outcome } from './outcome.ts';
import { usesOf } from './sink.ts';

/** What documents and annotations keep of an outcome: an entry for each place that names the image. */
export function entriesOf(outcome: Outcome): readonly ResultEntry[] {
  const { text } = outcome;
  const kept: ResultEntry['outcome'] = 'error' in outcome ? failureOf(outcome.error) : toOutcome(outcome.report);
  return usesOf(outcome).map((use) => ({ reference: text, outcome: kept, ...(use === undefined ? {} : { use }) }));
}

/** Says that the list of images ended with an error: what came before it is not all. */
export function brokenOff(error: unknown): ResultEntry {
  return { reference: 'the list of images', outcome: failureOf(error) };
}

function failureOf(error: unknown): ResultEntry['outcome'] {
  return { kind: 'failure', code: codeOf(error) ?? 'INTERNAL', message: messageOf(error) };
}
