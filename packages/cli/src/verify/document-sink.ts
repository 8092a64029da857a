import { type DocumentOptions, type ResultEntry, toJsonText, toJunit, toSarif } from '@signet/verifier';
import { CliError } from '../errors.ts';
import { version } from '../version.ts';
import { brokenOff, entriesOf } from './entries.ts';
import { type ResultSink, type SinkOptions, writeError } from './sink.ts';

/** Of so many uses of images a document is made in memory; dashboards take fewer. */
const maxEntries = 100_000;

/** A whole document, written when all is done; of each report it keeps what the document says. @throws {CliError} USAGE for too many */
export function createDocumentSink(form: 'sarif' | 'junit', { io, output, strict }: SinkOptions): ResultSink {
  const entries: ResultEntry[] = [];
  const broken: ResultEntry[] = [];
  const options: DocumentOptions = { version, strict };
  return {
    add(outcome) {
      if ('error' in outcome) writeError(outcome, io, output);
      for (const entry of entriesOf(outcome)) {
        if (entries.length === maxEntries)
          throw new CliError('USAGE', `${form} holds ${maxEntries} results at most`, {
            hint: '--output json writes results as they come, however many',
          });
        entries.push(entry);
      }
    },
    breakOff(error) {
      broken.push(brokenOff(error)); // what came before it may still be asked for
    },
    end() {
      const all = [...entries, ...broken];
      io.stdout.write(form === 'junit' ? toJunit(all, options) : `${toJsonText(toSarif(all, options))}\n`);
    },
  };
}
