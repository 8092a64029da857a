import { escapeJsonLine } from '@signet/verifier';
import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';

/** From the most that is told to nothing. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What lines are given to. */
export type Logger = FastifyBaseLogger;

/** A line of JSON for each event, given to `write` with its line end. Headers and bodies of requests are never in it. */
export function createLogger({
  level,
  write,
}: {
  readonly level: LogLevel;
  readonly write: (line: string) => void;
}): Logger {
  const request = ({ id, method, url }: { readonly id: string; readonly method: string; readonly url: string }) => ({
    id,
    method,
    url: url.slice(0, 200),
  });
  const escaped = (line: string): void => write(`${escapeJsonLine(line.trimEnd())}\n`);
  return pino({ level, base: null, serializers: { req: request } }, { write: escaped });
}
