import type { TagCatalogue } from '@signet/verifier';
import { timeText } from '../catalogue/encode.ts';
import { fileAheadMs } from '../catalogue/limits.ts';
import type { TrustedFile, TrustedState } from '../state/trusted-state.ts';
import { lateness } from './lateness.ts';
import type { Refusal } from './refusal.ts';

/** What the registry showed under `signet-tags`. `nothing`: why there is no file of those who may sign. */
export type Shown =
  | { readonly kind: 'file'; readonly file: TrustedFile }
  | {
      readonly kind: 'nothing';
      /** `junk`: something is there, and it is no catalogue that counts. */
      readonly what: 'missing' | 'unread' | 'junk';
      readonly refusal: Refusal;
    };

/** What files there are, and how they are held against time. */
export interface FileCase {
  readonly shown: Shown;
  readonly state: TrustedState;
  readonly catalogue: TagCatalogue;
  readonly nowMs: number;
}

/** The file to go by. */
export type ChosenFile =
  | {
      readonly kind: 'chosen';
      readonly file: TrustedFile;
      readonly isInGrace: boolean;
      /** The registry showed less than was seen. */
      readonly isSourceStale: boolean;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly isSourceStale: boolean };

/**
 * Which catalogue file a client goes by: what the registry shows, unless it has seen a newer; that one while it has not expired. Pure. Rule:
 * signed-tags.md 4.1, steps 2 to 5 and "Clock".
 */
export function chooseFile({ shown, state, catalogue, nowMs }: FileCase): ChosenFile {
  if (nowMs < state.issuedMs - fileAheadMs) return refused(clockBehind(state.issuedMs, nowMs));
  const isAhead = shown.kind === 'file' && shown.file.catalogue.issuedMs > nowMs + fileAheadMs;
  const isLower = shown.kind === 'file' && shown.file.catalogue.issuedMs < state.issuedMs;
  if (shown.kind === 'file' && !isAhead && !isLower) return inTime(shown.file, { catalogue, nowMs }, false);
  const isSourceStale = isLower || (shown.kind === 'nothing' && shown.what === 'junk');
  if (isLower && catalogue.onRollback === 'deny') return refused(rollback(shown.file, state), true);
  const known = state.file === undefined ? undefined : inTime(state.file, { catalogue, nowMs }, isSourceStale);
  if (known?.kind === 'chosen') return known;
  if (shown.kind === 'nothing') return refused(shown.refusal, isSourceStale);
  if (isAhead) return refused(clockBehind(shown.file.catalogue.issuedMs, nowMs));
  return known ?? refused(rollback(shown.file, state), true);
}

function inTime(
  file: TrustedFile,
  { catalogue, nowMs }: Pick<FileCase, 'catalogue' | 'nowMs'>,
  isStale: boolean,
): ChosenFile {
  const late = lateness(file.catalogue, catalogue, nowMs);
  if (late !== 'none' && late !== 'grace') return refused(late, isStale);
  return { kind: 'chosen', file, isInGrace: late === 'grace', isSourceStale: isStale };
}

function refused(refusal: Refusal, isSourceStale = false): ChosenFile {
  return { kind: 'refused', refusal, isSourceStale };
}

function clockBehind(issuedMs: number, nowMs: number): Refusal {
  return {
    kind: 'undecided',
    code: 'CLOCK_BEHIND',
    message: `a catalogue was issued at ${timeText(issuedMs)}, and here it is ${timeText(nowMs)}`,
    remedy: "set the clock of this machine; if it is right, that of the catalogue's publisher is wrong",
  };
}

function rollback(file: TrustedFile, { issuedMs }: TrustedState): Refusal {
  return {
    kind: 'denied',
    code: 'ROLLBACK',
    message: `the registry shows a catalogue of ${timeText(file.catalogue.issuedMs)}; one of ${timeText(issuedMs)} was seen before`,
    remedy: 'ask the registry that the catalogue is published to; if it was put back there, publish it again',
  };
}
