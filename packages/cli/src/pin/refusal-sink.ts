import { escapeForTerminal, renderReport } from '@signet/verifier';
import { EXIT } from '../exit-codes.ts';
import { codeFor } from '../verify/outcome.ts';
import { type ResultSink, type SinkOptions, writeError } from '../verify/sink.ts';

/** On standard error: what is not verified, and why. Standard output is for what was pinned. */
export function createRefusalSink({ io, output, strict }: SinkOptions): ResultSink {
  return {
    add(outcome) {
      if ('error' in outcome) return writeError(outcome, io, output);
      const { report, uses, text } = outcome;
      if (codeFor(outcome, strict) !== EXIT.ok)
        io.stderr.write(`${renderReport(report, { verbose: output.verbose, uses })}\n`);
      else if (report.verdict !== 'verified' && !output.quiet)
        io.stderr.write(`note: ${escapeForTerminal(text)} is not verified (${report.code}), which its rule allows\n`);
    },
    breakOff: () => undefined,
    end: () => undefined,
  };
}
