import { randomUUID } from 'node:crypto';
import type { Report } from '@signet/verifier';
import { LRUCache } from 'lru-cache';
import { type AnswerEntry, encodeAnswer, parseAnswer } from './answer-entry.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { createForgotten, encodeForgotten, parseForgotten } from './forgotten.ts';
import { createSeal, type Seal } from './seal.ts';
import type { SharedStore } from './shared-store.ts';

/** Answers that servers share through a place that none of them trusts. What fails there costs a little time, and never an answer. */
export interface SharedAnswers {
  /** Never rejects. */
  look(question: SharedQuestion): Promise<Look>;
  /** Something changed in `registry/repository`: no server gives any more what was denied there before. Never rejects. */
  forget(name: string): Promise<void>;
  /** Hears what other servers forget; `undefined`: something that could not be heard, so that it may be anything. Until it is closed. */
  listen(onForgotten: (name: string | undefined) => void): Promise<void>;
  close(): Promise<void>;
}

/** What an answer is to. */
export interface SharedQuestion {
  /** All that the answer depends on. */
  readonly key: string;
  /** `registry/repository` */
  readonly name: string;
  readonly digest: string;
  /** The revision of the policy. */
  readonly policy: string;
}

/** What was there. */
export interface Look {
  /** Another server's, checked, and within its time by this server's clock. */
  readonly report?: Report;
  /** For the others, what came of it now, until then (milliseconds since 1970 UTC). Nobody has to wait for it. */
  readonly keep: (report: Report, untilMs: number) => void;
}

/** `hear`: what another server told. */
export type SharedOperation = 'look' | 'keep' | 'forget' | 'hear';
/** `failed`: no answer in time, or an error; `left-alone`: not tried, since it failed just now. The others are why something was not believed. */
export type SharedResult =
  | ('hit' | 'miss' | 'done' | 'failed' | 'left-alone')
  | (
      | 'forged'
      | 'malformed'
      | 'too-large'
      | 'other-key'
      | 'other-policy'
      | 'expired'
      | 'ahead'
      | 'forgotten'
      | 'repeated'
    );

/** How answers are shared. */
export interface SharedOptions {
  readonly store: SharedStore;
  /** Of all servers that share; whoever has it can make answers. */
  readonly secret: string;
  /** Of the program: one version does not take the answers of another, which may have been wrong. */
  readonly version: string;
  readonly onResult?: (operation: SharedOperation, result: SharedResult) => void;
  /** Told when the store begins to be left alone for a while, and when it works again. */
  readonly onChange?: (isLeftAlone: boolean) => void;
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
}

/** Of one entry; what is larger is not shared. */
const maxEntryBytes = 64 * 1024;
/** Longer than this nothing is shared, and twice as long marks are kept: no answer outlives the mark that forgets it. */
const maxSharedMs = 3_600_000;
/** A message that is older was not told just now. Milliseconds; clocks of servers differ by less. */
const maxMessageAgeMs = 60_000;

export function createSharedAnswers(options: SharedOptions): SharedAnswers {
  return new Sharing(options);
}

class Sharing implements SharedAnswers {
  private readonly seal: Seal;
  private readonly channel: string;
  private readonly options: SharedOptions;
  private readonly now: () => number;
  private readonly onResult: NonNullable<SharedOptions['onResult']>;
  private readonly reading: Breaker;
  private readonly writing: Breaker;
  private readonly heardIds = new LRUCache<string, true>({ max: 10_000 });

  constructor(options: SharedOptions) {
    const { secret, now = Date.now, onChange = () => {}, onResult = () => {} } = options;
    this.options = options;
    this.now = now;
    this.onResult = onResult;
    this.seal = createSeal(secret);
    this.channel = this.seal.nameOf('forgotten', '');
    this.reading = createBreaker({ onChange });
    this.writing = createBreaker();
  }

  async look(question: SharedQuestion): Promise<Look> {
    const names = this.namesOf(question);
    const read = await this.attempt('look', this.reading, () =>
      this.options.store.read([names.answer, names.generation], maxEntryBytes),
    );
    if (read === undefined) return { keep: () => {} };
    const [sealed, mark] = read;
    const generation = this.generationOf(names.generation, mark);
    const found =
      sealed === undefined ? 'miss' : this.answerIn(sealed, { ...question, name: names.answer, generation });
    this.onResult('look', typeof found === 'string' ? found : 'hit');
    return {
      ...(typeof found === 'string' ? {} : { report: found }),
      keep: (report, untilMs) => void this.keep(names.answer, { ...question, generation }, report, untilMs),
    };
  }

  async forget(name: string): Promise<void> {
    const { channel } = this;
    const { store } = this.options;
    const mark = this.seal.nameOf('generation', name);
    const message = createForgotten(name, this.now());
    this.heardIds.set(message.id, true);
    try {
      await Promise.all([
        store.write(mark, this.seal.seal('generation', mark, Buffer.from(randomUUID())), 2 * maxSharedMs),
        store.tell(channel, this.seal.seal('forgotten', channel, encodeForgotten(message))),
      ]);
      this.onResult('forget', 'done');
    } catch {
      this.onResult('forget', 'failed');
    }
  }

  async listen(onForgotten: (name: string | undefined) => void): Promise<void> {
    const onMessage = (message: Buffer): void => {
      const { result, name } = this.heard(message);
      this.onResult('hear', result);
      if (name !== undefined) onForgotten(name);
    };
    await this.options.store.listen(this.channel, onMessage, () => onForgotten(undefined));
  }

  async close(): Promise<void> {
    await this.options.store.close();
  }

  /** What another server forgot, told just now and for the first time. */
  private heard(sealed: Buffer): { readonly result: SharedResult; readonly name?: string } {
    const content = this.seal.open('forgotten', this.channel, sealed);
    if (content === undefined) return { result: 'forged' };
    const message = parseForgotten(content);
    if (message === undefined) return { result: 'malformed' };
    const ageMs = this.now() - message.atMs;
    if (Math.abs(ageMs) > maxMessageAgeMs) return { result: ageMs > 0 ? 'expired' : 'ahead' };
    if (this.heardIds.has(message.id)) return { result: 'repeated' };
    this.heardIds.set(message.id, true);
    return { result: 'done', name: message.name };
  }

  private namesOf({ key, name }: SharedQuestion): { readonly answer: string; readonly generation: string } {
    return {
      answer: this.seal.nameOf('answer', JSON.stringify([this.options.version, key])),
      generation: this.seal.nameOf('generation', name),
    };
  }

  /** Undefined where what lies there is nobody's: then it cannot be said what was forgotten. */
  private generationOf(name: string, mark: Buffer | undefined): string | undefined {
    return mark === undefined ? 'none' : this.seal.open('generation', name, mark)?.toString('latin1');
  }

  /** The report, or why it is not given. Everything is looked at again: whoever reaches the store can put any entry back. */
  private answerIn(
    sealed: Buffer,
    { name, key, policy, digest, generation }: SharedQuestion & { readonly generation: string | undefined },
  ): Report | SharedResult {
    if (sealed.length > maxEntryBytes) return 'too-large';
    const content = this.seal.open('answer', name, sealed);
    if (content === undefined) return 'forged';
    const entry = parseAnswer(content);
    if (entry === undefined) return 'malformed';
    const { report } = entry;
    const nowMs = this.now();
    if (entry.policy !== policy || report.policy !== policy) return 'other-policy';
    if (entry.key !== key || (report.verdict === 'verified' && report.digest !== digest)) return 'other-key';
    if (report.atMs > nowMs) return 'ahead';
    if (entry.untilMs <= nowMs || report.atMs + maxSharedMs <= nowMs) return 'expired';
    if (report.verdict !== 'verified' && entry.generation !== generation) return 'forgotten';
    return report;
  }

  private async keep(
    name: string,
    { key, policy, generation }: SharedQuestion & { readonly generation: string | undefined },
    report: Report,
    untilMs: number,
  ): Promise<void> {
    // What may have been forgotten meanwhile is not told; a yes does not turn on it.
    if (report.verdict === 'undecided' || (report.verdict !== 'verified' && generation === undefined)) return;
    const endMs = Math.min(untilMs, report.atMs + maxSharedMs);
    const forMs = Math.floor(endMs - this.now());
    if (forMs <= 0) return;
    const entry: AnswerEntry = { key, policy, generation: generation ?? '', untilMs: endMs, report };
    const sealed = this.seal.seal('answer', name, encodeAnswer(entry));
    if (sealed.length > maxEntryBytes) return this.onResult('keep', 'too-large');
    const done = await this.attempt('keep', this.writing, async () => {
      await this.options.store.write(name, sealed, forMs);
      return true;
    });
    if (done === true) this.onResult('keep', 'done');
  }

  private async attempt<T>(
    operation: SharedOperation,
    breaker: Breaker,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      const done = await breaker.run(work);
      if (done === undefined) this.onResult(operation, 'left-alone');
      return done;
    } catch {
      this.onResult(operation, 'failed'); // why is the store's own affair, which tells of it
      return undefined;
    }
  }
}
