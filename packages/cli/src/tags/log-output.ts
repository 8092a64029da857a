import { escapeForTerminal } from '@signet/verifier';
import { entryJson, timeJson } from './catalogue-json.ts';
import { byText, type TextOptions } from './catalogue-text.ts';
import type { Log, LogEvent } from './log-events.ts';
import { whenText } from './when.ts';

/** For people, newest first. Ends with a line end. */
export function logText(collection: string, log: Log, events: readonly LogEvent[], options: TextOptions): string {
  const { style, nowMs } = options;
  const { catalogues, isComplete, sinceMs, passedOver } = log;
  const tags = events.map((event) => (event.kind === 'revoked' ? 0 : event.tag.length));
  const width = Math.max(0, ...tags);
  const reach = isComplete
    ? 'complete: every catalogue that there was is kept'
    : `complete since ${whenText(sinceMs, nowMs)}; of before only what catalogues still say: up to 3 earlier images of a tag, 30 days long`;
  return [
    `${style.strong(escapeForTerminal(collection))}  ${events.length} events in ${catalogues} catalogues`,
    ...events.map((event) => `  ${eventText(event, width, options)}`),
    `  ${style.faint(reach)}`,
    ...passedOver.map(({ tag, why }) => `  ${style.doubt('passed over')}  ${escapeForTerminal(`${tag}: ${why}`)}`),
    '',
  ].join('\n');
}

/** For programs: times as in RFC 3339. */
export function logJson(collection: string, log: Log, events: readonly LogEvent[]): object {
  const { catalogues, isComplete, sinceMs, passedOver } = log;
  return {
    version: 1,
    collection,
    catalogues,
    complete: isComplete,
    completeSince: timeJson(sinceMs),
    events: events.map(eventJson),
    passedOver,
  };
}

function eventText(event: LogEvent, width: number, { style, nowMs }: TextOptions): string {
  const when = whenText(event.atMs, nowMs);
  if (event.kind === 'revoked')
    return `${when}  ${style.bad('revoked')}  ${event.digest}  ${escapeForTerminal(event.reason)}`;
  const tag = event.tag.padEnd(width);
  if (event.kind === 'removed') return `${when}  ${style.doubt('removed')}  ${tag}`;
  return `${when}  ${style.good('signed')}   ${tag}  ${event.entry.digest}  ${escapeForTerminal(byText(event.entry))}`;
}

function eventJson(event: LogEvent): object {
  const { kind, atMs } = event;
  if (kind === 'signed') return { kind, tag: event.tag, ...entryJson(event.entry) };
  const about = kind === 'removed' ? { tag: event.tag } : { digest: event.digest, reason: event.reason };
  return { kind, at: timeJson(atMs), ...about };
}
