import { digestOf } from '@signet/oci';
import type { Seen, TagsState } from '@signet/signed-tags';
import { escapeForTerminal, identityText } from '@signet/verifier';
import { timeJson } from './catalogue-json.ts';
import type { TextOptions } from './catalogue-text.ts';
import { whenText } from './when.ts';

/** For people. Ends with a line end. */
export function stateText(path: string, state: TagsState | undefined, { style, nowMs }: TextOptions): string {
  if (state === undefined) return `nothing is remembered  ${escapeForTerminal(path)}\n`;
  const { collection, newest, publishers, seen, revoked } = state;
  const width = Math.max(0, ...[...seen.keys()].map((tag) => tag.length));
  return [
    `${style.strong(escapeForTerminal(collection))}  ${seen.size} tags, ${revoked.size} digests revoked`,
    `  file       ${escapeForTerminal(path)}`,
    ...(newest === undefined
      ? []
      : [`  catalogue  ${digestOf(newest.file)}`, `             issued ${whenText(newest.issuedMs, nowMs)}`]),
    ...[...publishers.values()].map(
      ({ signers, issuedMs }) =>
        `  publisher  ${escapeForTerminal(signers.map(({ identity }) => identityText(identity)).join(', '))}, last ${whenText(issuedMs, nowMs)}`,
    ),
    ...[...seen].map(([tag, each]) => `  ${tag.padEnd(width)}  ${seenText(each, nowMs)}`),
    ...[...revoked].map(
      ([digest, { atMs, reason }]) =>
        `  ${style.bad('revoked')}  ${digest}  ${whenText(atMs, nowMs)}  ${escapeForTerminal(reason)}`,
    ),
    '',
  ].join('\n');
}

/** For programs: times as in RFC 3339. */
export function stateJson({ collection, newest, publishers, seen, revoked }: TagsState): object {
  return {
    collection,
    ...(newest === undefined
      ? {}
      : {
          catalogue: { digest: digestOf(newest.file), issued: timeJson(newest.issuedMs), shards: newest.shards.size },
        }),
    publishers: [...publishers.values()].map(({ signers, issuedMs }) => ({ signers, issued: timeJson(issuedMs) })),
    seen: [...seen].map(([tag, { entry, removed }]) => ({
      tag,
      ...(entry === undefined ? {} : { digest: entry.digest, at: timeJson(entry.atMs) }),
      ...(removed.size === 0 ? {} : { removed: timeJson(Math.max(...removed.values())) }),
    })),
    revoked: [...revoked].map(([digest, { atMs, reason }]) => ({ digest, at: timeJson(atMs), reason })),
  };
}

function seenText({ entry, removed }: Seen, nowMs: number): string {
  const removedMs = Math.max(0, ...removed.values());
  const gone = removedMs === 0 ? [] : [`removed ${whenText(removedMs, nowMs)}`];
  return [...(entry === undefined ? [] : [`${entry.digest}  ${whenText(entry.atMs, nowMs)}`]), ...gone].join('  ');
}
