import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readAnyKeys } from '../key-file.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { createStyle } from '../style.ts';
import { addCollectionOptions, type CollectionFlags } from '../tags/flags.ts';
import type { LogEvent } from '../tags/log-events.ts';

interface LogFlags extends CollectionFlags, RegistryFlags, OutputFlags {
  /** File of a key. */
  readonly by?: string;
  /** Milliseconds since 1970 UTC. */
  readonly since?: number;
}

/** `signet tags log` */
export function defineLog(command: Command, context: Context): void {
  command
    .description('Shows who made which tag what and when, what was removed and revoked, as far as catalogues tell.')
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag')
    .option('--by <key>', 'only what the holder of this key has signed: a key file')
    .addOption(
      new Option('--since <time>', 'only from this time on: 2026-11-23, 2026-11-23T09:00:00Z').argParser(parseTime),
    );
  addNotes(
    command,
    `The catalogue holds what tags are, and up to 3 images that each was before, for 30 days. With --keep-history all catalogues are kept, and the log is
complete. It says how far back it is. Who removed or revoked something stands in no catalogue: --by leaves that out.
Exit code 1: there is no catalogue that is trusted.`,
  );
  addCollectionOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<LogFlags>(command, context, ([text = ''], flags, io) => log(text, flags, io));
}

/** For commander: throws its own error. */
function parseTime(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError('a time is 2026-11-23 or 2026-11-23T09:00:00Z');
}

async function log(text: string, flags: LogFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const [{ readCollection }, { readLog }, { logText, logJson }, { connect }] = await Promise.all([
    import('../tags/collection.ts'),
    import('../tags/log-events.ts'),
    import('../tags/log-output.ts'),
    import('../connect.ts'),
  ]);
  const collection = await readCollection(text, flags, io);
  if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
  const keyIds =
    flags.by === undefined ? undefined : new Set((await readAnyKeys(flags.by, {}, io)).map(({ id }) => id));
  const connection = await connect(flags, io, output, { references: [text] });
  try {
    const read = await readLog(await connection.open(collection.location), collection, io.signal);
    const { since = 0 } = flags;
    const events = read.events.filter((event) => event.atMs >= since && isBy(event, keyIds));
    if (output.json) writeJson(io, logJson(collection.name, read, events));
    else
      io.stdout.write(logText(collection.name, read, events, { style: createStyle(output.color), nowMs: Date.now() }));
    return EXIT.ok;
  } finally {
    await connection.close();
  }
}

function isBy(event: LogEvent, keyIds: ReadonlySet<string> | undefined): boolean {
  if (keyIds === undefined) return true;
  return (
    event.kind === 'signed' && event.entry.statements.some(({ keyId }) => keyId !== undefined && keyIds.has(keyId))
  );
}
