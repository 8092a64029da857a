import type { Pace } from '@signet/core';
import { RegistryError, type Source } from '@signet/oci';
import { type Head, readHead } from '../head/head.ts';

/** Reads heads, each once for all who ask for it at the same time. */
export interface Heads {
  /** @throws {RegistryError} what the source throws, ABORTED; {TagsError} HEAD_MALFORMED */
  read(question: HeadQuestion): Promise<Head | undefined>;
}

export interface HeadQuestion {
  /** Where it lies, `HOST/PATH`: what is asked for the same place at the same time is asked once. */
  readonly location: string;
  readonly source: Source;
  /** What was read before, if anything was. */
  readonly known: Head | undefined;
  readonly signal: AbortSignal;
}

interface Flight {
  readonly answer: Promise<Head | undefined>;
  waiting: number;
  /** Nobody waits any more: who comes now begins anew. */
  readonly giveUp: () => void;
}

interface Kept {
  readonly head: Head;
  /** By the pace's clock. */
  readonly readAtMs: number;
}

/** Places whose heads are kept. */
const maxKept = 1000;

/** `reuseMs`: for so long a head is given again without asking; 0: not at all. */
export function createHeads({ pace, reuseMs }: { readonly pace: Pace; readonly reuseMs: number }): Heads {
  const flights = new Map<string, Flight>();
  const kept = new Map<string, Kept>();
  const keep = (location: string, head: Head): void => {
    kept.delete(location);
    const [oldest] = kept.keys();
    if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
    kept.set(location, { head, readAtMs: pace.clock() });
  };
  const start = ({ location, source, known }: HeadQuestion): Flight => {
    const controller = new AbortController();
    const before = kept.get(location)?.head ?? known;
    const reading = readHead(source, {
      isExpected: true, // the policy says that there is one
      ...(before === undefined ? {} : { known: before }),
      pace,
      signal: controller.signal,
    });
    const end = (): void => {
      if (flights.get(location) === flight) flights.delete(location);
    };
    const answer = reading
      .then((head) => {
        if (head === undefined) kept.delete(location);
        else if (reuseMs > 0) keep(location, head);
        return head;
      })
      .finally(end);
    const giveUp = (): void => {
      end();
      controller.abort();
    };
    const flight: Flight = { answer, waiting: 0, giveUp };
    flights.set(location, flight);
    return flight;
  };
  return {
    async read(question) {
      const held = kept.get(question.location);
      if (held !== undefined && pace.clock() - held.readAtMs < reuseMs) return held.head;
      return await join(flights.get(question.location) ?? start(question), question.signal);
    },
  };
}

/** Who gives up leaves; the last one ends the flight. */
async function join(flight: Flight, signal: AbortSignal): Promise<Head | undefined> {
  flight.waiting += 1;
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(abortError(signal));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([flight.answer, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
    flight.waiting -= 1;
    if (flight.waiting === 0) flight.giveUp();
  }
}

function abortError({ reason }: AbortSignal): RegistryError {
  return reason instanceof RegistryError
    ? reason
    : new RegistryError('ABORTED', 'aborted by the caller', { cause: reason });
}
