import type { Status } from '@signet/signed-tags';
import { escapeForTerminal } from '@signet/verifier';
import type { Style } from '../style.ts';
import { timeJson } from './catalogue-json.ts';
import type { Collection } from './collection.ts';
import { whenText } from './when.ts';

/** A catalogue that ends within this time is told, milliseconds. Rule: signed-tags.md 5.1 "status". */
const nearEndMs = 24 * 3_600_000;

/** Whether there is nothing to do. Times in milliseconds since 1970 UTC. */
export function isWell({ catalogue, pending, unmet, isCut }: Status, nowMs: number): boolean {
  if (catalogue === undefined || pending.length + unmet.length > 0 || isCut) return false;
  return catalogue.expiresMs > nowMs + nearEndMs && catalogue.issuedMs <= nowMs + 5 * 60_000;
}

/** For people. Ends with a line end. */
export function statusText(
  status: Status,
  { name }: Collection,
  { style, nowMs }: { readonly style: Style; readonly nowMs: number },
): string {
  const { catalogue, refusal = 'nothing lies under signet-tags', pending, ignored, unmet, isCut } = status;
  const word = isWell(status, nowMs) ? style.good('well') : style.bad('something is to be done');
  return [
    `${style.strong(escapeForTerminal(name))}  ${word}`,
    ...(catalogue === undefined
      ? [`  catalogue  ${style.bad('none')}: ${escapeForTerminal(refusal)}`]
      : catalogueRows(catalogue, { style, nowMs })),
    ...unmet.map((tag) => `  ${style.bad('denied')}     ${tag}: its statements do not meet the policy; sign it anew`),
    ...pending.map(
      ({ ulid, subject }) =>
        `  ${style.doubt('recorded')}   ${escapeForTerminal(subject)}, not yet published (${ulid})`,
    ),
    ...ignored.map(({ ulid, why }) => `  ignored    journal entry ${ulid}: ${escapeForTerminal(why)}`),
    ...(isCut ? [`  ${style.bad('too many')}   journal entries: not all were read`] : []),
    '',
  ].join('\n');
}

/** For programs: times as in RFC 3339. */
export function statusJson(status: Status, { name, location }: Collection, nowMs: number): object {
  const { catalogue, refusal, pending, ignored, unmet, isCut } = status;
  return {
    version: 1,
    collection: name,
    location: `${location.registry}/${location.repository}`,
    well: isWell(status, nowMs),
    ...(catalogue === undefined
      ? {}
      : {
          catalogue: {
            ...catalogue,
            issuedMs: undefined,
            expiresMs: undefined,
            issued: timeJson(catalogue.issuedMs),
            expires: timeJson(catalogue.expiresMs),
          },
        }),
    ...(refusal === undefined ? {} : { refusal }),
    pending,
    ignored,
    unmet,
    journalCut: isCut,
  };
}

function catalogueRows(
  { issuedMs, expiresMs, tags, shards, revoked }: NonNullable<Status['catalogue']>,
  { style, nowMs }: { readonly style: Style; readonly nowMs: number },
): readonly string[] {
  const end = `${expiresMs <= nowMs ? 'expired' : 'expires'} ${whenText(expiresMs, nowMs)}`;
  const isNear = expiresMs <= nowMs + nearEndMs;
  return [
    `  catalogue  ${tags} tags, ${revoked} digests revoked${shards === 0 ? '' : `, ${shards} shards`}`,
    `             issued ${whenText(issuedMs, nowMs)}`,
    `             ${isNear ? style.bad(`${end}: signet tags refresh`) : end}`,
  ];
}
