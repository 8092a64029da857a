import { escapeForTerminal, type ResultEntry } from '@signet/verifier';
import { type AnnotationForm, annotationLine, toAnnotation } from './annotation.ts';
import { brokenOff, entriesOf } from './entries.ts';
import { type ResultSink, type SinkOptions, writeError } from './sink.ts';

/** Results as they come: a line of the log for a verified image, an annotation for any other, at each place that names it; a sum at the end. */
export function createAnnotationSink(form: AnnotationForm, { io, output, strict }: SinkOptions): ResultSink {
  const counts = { verified: 0, allowed: 0, stopped: 0 };
  const write = (entry: ResultEntry): void => {
    const annotation = toAnnotation(entry, strict);
    if (annotation === undefined) counts.verified++;
    else counts[annotation.level === 'error' ? 'stopped' : 'allowed']++;
    const line =
      annotation === undefined ? escapeForTerminal(`verified: ${namesOf(entry)}`) : annotationLine(annotation, form);
    io.stdout.write(`${line}\n`);
  };
  return {
    add(outcome) {
      if ('error' in outcome) writeError(outcome, io, output);
      for (const entry of entriesOf(outcome)) write(entry);
    },
    breakOff: (error) => write(brokenOff(error)),
    end() {
      const { verified, allowed, stopped } = counts;
      const also = allowed === 0 ? '' : `, ${allowed} allowed without`;
      io.stdout.write(`signet: ${verified} verified${also}, ${stopped} not\n`);
    },
  };
}

function namesOf({ reference, use, outcome }: ResultEntry): string {
  const digest = outcome.kind === 'report' && outcome.digest !== undefined ? ` (${outcome.digest})` : '';
  const where = use === undefined ? '' : `, ${use.place.file}:${use.place.line}`;
  return `${reference}${digest}${where}`;
}
