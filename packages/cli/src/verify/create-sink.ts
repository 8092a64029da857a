import { renderReport, toReportJson } from '@signet/verifier';
import { writeJson } from '../options/output.ts';
import { type ResultSink, type SinkOptions, usesOf, writeError } from './sink.ts';

/** The form that `--output` asks for: text, JSON and annotations as they come, a document when all is done. */
export async function createSink(options: SinkOptions): Promise<ResultSink> {
  const { form } = options.output;
  if (form === 'text' || form === 'json') return asTheyCome(options);
  if (form === 'github' || form === 'azure')
    return (await import('./annotation-sink.ts')).createAnnotationSink(form, options);
  return (await import('./document-sink.ts')).createDocumentSink(form, options);
}

function asTheyCome({ io, output }: SinkOptions): ResultSink {
  return {
    add(outcome) {
      if ('error' in outcome) writeError(outcome, io, output);
      else if (output.json) for (const use of usesOf(outcome)) writeJson(io, toReportJson(outcome.report, use));
      else io.stdout.write(`${renderReport(outcome.report, { ...output, uses: outcome.uses })}\n`);
    },
    breakOff: () => undefined,
    end: () => undefined,
  };
}
