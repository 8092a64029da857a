import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { RegistryError } from '../errors.ts';
import type { Deadline } from './deadline.ts';

export type WireHeaders = Dispatcher.ResponseData['headers'];

/** One HTTP answer. Its body is to be taken, or abandoned. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: WireBody;
}

/** The body of an answer as it comes in. The end of the deadline fails it, whoever reads or does not. */
export interface WireBody {
  /** Gives each piece to `take`, as fast as it comes; where that says no, the rest is broken off. False then, true at the end. Rejects with what broke it. */
  pour(take: (piece: Uint8Array) => boolean): Promise<boolean>;
  /** The pieces at their reader's pace. What a reader that leaves has not read is broken off. */
  pieces(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Breaks it off, and its connection with it; nothing where it has ended. */
  abandon(): void;
}

/** What is sent, and until when. */
export interface Exchanging {
  readonly request: Dispatcher.DispatchOptions & { readonly origin: string };
  /** Held by the caller until `onDone`. */
  readonly deadline: Deadline;
  /** The connection has nothing more to do with it. */
  readonly onDone: () => void;
}

/** Sends a request and gives its answer once the head of it is there. Rejects with what undici says, or the deadline. */
export function exchange(dispatcher: Dispatcher, what: Exchanging): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new Exchange(what, { resolve, reject });
    if (!what.deadline.signal.aborted) dispatcher.dispatch(what.request, handler);
  });
}

interface Asker {
  readonly resolve: (answer: WireAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Bytes that are held for a slow reader; beyond them the connection waits. */
const maxHeldBytes = 64 * 1024;

/**
 * One request in the hands of undici. Its `request` would make a stream of each body, an iterator of that and a promise of both: as long as
 * all else that is done for an answer of a few kilobytes. Rule: undici's DispatchHandler.
 */
class Exchange implements Dispatcher.DispatchHandler, WireBody {
  private readonly what: Exchanging;
  private readonly asker: Asker;
  private controller: Dispatcher.DispatchController | undefined;
  private readonly held: Uint8Array[] = [];
  private heldBytes = 0;
  private outcome: { readonly error?: Error } | undefined;
  /** Something came, or the end. */
  private changed: () => void = () => undefined;

  constructor(what: Exchanging, asker: Asker) {
    this.what = what;
    this.asker = asker;
    const { signal } = what.deadline;
    signal.addEventListener('abort', this.onAbort, { once: true });
    if (signal.aborted) this.onAbort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.outcome !== undefined) controller.abort(this.outcome.error ?? brokenOff());
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: WireHeaders): void {
    if (status >= 200) this.asker.resolve({ status, headers, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    if (this.outcome !== undefined) return;
    this.held.push(piece);
    this.heldBytes += piece.length;
    this.changed();
    if (this.heldBytes > maxHeldBytes) controller.pause();
  }

  onResponseEnd(): void {
    this.end({});
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  pour(take: (piece: Uint8Array) => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.changed = () => {
        for (let piece = this.next(); piece !== undefined; piece = this.next()) {
          if (take(piece)) continue;
          resolve(false);
          this.abandon();
        }
        if (this.outcome === undefined) return;
        if ('error' in this.outcome) reject(this.outcome.error);
        else resolve(true);
      };
      this.changed();
    });
  }

  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const piece = this.next();
        if (piece !== undefined) yield piece;
        else if (this.outcome === undefined) await this.change();
        else if ('error' in this.outcome) throw this.outcome.error;
        else return;
      }
    } finally {
      this.abandon();
    }
  }

  abandon(): void {
    this.fail(brokenOff());
  }

  private readonly onAbort = (): void => {
    const { deadline, request } = this.what;
    this.fail(deadline.error(request.origin) ?? brokenOff());
  };

  private fail(error: Error): void {
    if (this.outcome !== undefined) return;
    this.held.length = 0; // of a body that broke nothing more is read
    this.heldBytes = 0;
    this.end({ error });
    this.asker.reject(error);
    this.controller?.abort(error);
    const { body } = this.what.request;
    if (isStream(body)) body.on('error', () => undefined).destroy(error);
  }

  private end(outcome: { readonly error?: Error }): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.what.deadline.signal.removeEventListener('abort', this.onAbort);
    this.what.onDone();
    this.changed();
  }

  private next(): Uint8Array | undefined {
    const piece = this.held.shift();
    if (piece === undefined) return undefined;
    this.heldBytes -= piece.length;
    if (this.heldBytes <= maxHeldBytes) this.controller?.resume();
    return piece;
  }

  private change(): Promise<void> {
    return new Promise((changed) => {
      this.changed = changed;
    });
  }
}

function brokenOff(): RegistryError {
  return new RegistryError('ABORTED', 'the answer was not wanted to its end');
}

function isStream(body: Dispatcher.DispatchOptions['body']): body is Readable {
  return typeof body === 'object' && body !== null && 'destroy' in body;
}
