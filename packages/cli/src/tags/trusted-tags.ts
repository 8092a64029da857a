import { parseReference } from '@signet/oci';
import type { Receipt } from '@signet/signed-tags';
import type { Policy, TrustedTags } from '@signet/verifier';
import type { Connection } from '../connect.ts';
import { CliError } from '../errors.ts';
import { readInput } from '../files.ts';
import type { Io } from '../io.ts';
import type { ReceiptFlags } from '../options/receipts.ts';
import { type StateFlags, stateFolder } from './state-folder.ts';

/** Who is asked what tags are under `tag: trusted`, for one call of the program. */
export interface CallTags {
  /** Undefined where the policy names no catalogue: then nothing of it is loaded. */
  readonly over: (connection: Connection) => TrustedTags | undefined;
  /** Files of receipts that no image of the call was held against. */
  readonly unusedReceipts: () => readonly string[];
}

/** How it is asked. */
export interface CallTagsOptions {
  readonly flags: StateFlags & ReceiptFlags;
  readonly io: Io;
  /** For so long what a registry showed is gone by without asking again, milliseconds. */
  readonly reuseMs: number;
}

/** Receipts are read here. @throws {CliError} FILE_UNREADABLE, USAGE */
export async function createCallTags(policy: Policy, options: CallTagsOptions): Promise<CallTags> {
  const { flags } = options;
  if (policy.catalogues.length > 0) return await createTags(options);
  if (flags.receipt === undefined) return { over: () => undefined, unusedReceipts: () => [] };
  throw new CliError('USAGE', '--receipt is about signed tags, and the policy names no catalogue');
}

async function createTags({ flags, io, reuseMs }: CallTagsOptions): Promise<CallTags> {
  const { createTrustedTags, fileStatePlace } = await import('@signet/signed-tags');
  const receipts = await readReceipts(flags.receipt ?? [], io);
  const folder = stateFolder(flags, io);
  const asked = new Set<string>();
  const made = new WeakMap<Connection['open'], TrustedTags>();
  const create = ({ open }: Connection): TrustedTags =>
    createTrustedTags({
      ...(folder === undefined ? {} : { placeOf: (where) => fileStatePlace({ folder, ...where }) }),
      open: (location) => open(parseReference(location)),
      receipts: receipts.map(({ receipt }) => receipt),
      reuseMs,
    });
  return {
    over(connection) {
      const inner = made.get(connection.open) ?? create(connection);
      made.set(connection.open, inner);
      return {
        async ask(question) {
          const answer = await inner.ask(question);
          asked.add(`${answer.facts.collection}:${question.asked.tag ?? 'latest'}`);
          return answer;
        },
      };
    },
    unusedReceipts: () =>
      receipts.filter(({ receipt: { collection, tag } }) => !asked.has(`${collection}:${tag}`)).map(({ path }) => path),
  };
}

interface ReadReceipt {
  readonly path: string;
  readonly receipt: Receipt;
}

async function readReceipts(paths: readonly string[], io: Io): Promise<readonly ReadReceipt[]> {
  const { parseReceipt, TagsError } = await import('@signet/signed-tags');
  return await Promise.all(
    paths.map(async (path) => {
      const bytes = await readInput(path, io);
      try {
        return { path, receipt: parseReceipt(bytes) };
      } catch (cause) {
        if (!(cause instanceof TagsError)) throw cause;
        throw new CliError('USAGE', `${path}: ${cause.message}`, { cause });
      }
    }),
  );
}
