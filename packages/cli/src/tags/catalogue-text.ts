import { escapeForTerminal } from '@signet/verifier';
import type { Style } from '../style.ts';
import { isThere } from './catalogue-json.ts';
import type { ToldCatalogue, ToldFile, ToldTag } from './told-catalogue.ts';
import type { ToldEntry, ToldStatement } from './told-entry.ts';
import { whenText } from './when.ts';

/** How texts are made. */
export interface TextOptions {
  readonly style: Style;
  /** Milliseconds since 1970 UTC. */
  readonly nowMs: number;
}

/** For people: the catalogue, then a line for each tag. Ends with a line end. */
export function catalogueText(told: ToldCatalogue, options: TextOptions): string {
  const { style, nowMs } = options;
  const [there, removed] = [told.tags.filter(isThere), told.tags.filter((tag) => !isThere(tag))];
  const counts = `${there.length} tags, ${removed.length} removed, ${told.revoked.size} digests revoked`;
  const width = Math.max(0, ...told.tags.map(({ tag }) => tag.length));
  return lines([
    `${style.strong(escapeForTerminal(told.collection))}  ${counts}`,
    ...fileRows(told, options),
    ...there.map((tag) => `  ${tagRow(tag, width, options)}`),
    ...removed.map(
      ({ tag, removedMs = 0 }) => `  ${tag.padEnd(width)}  ${style.faint(`removed ${whenText(removedMs, nowMs)}`)}`,
    ),
    ...revokedRows(told, options),
  ]);
}

/** For people: all about one tag. Ends with a line end. */
export function tagText(told: ToldCatalogue, tag: ToldTag, options: TextOptions): string {
  const { style, nowMs } = options;
  const [now, ...was] = tag.entries;
  const name = style.strong(escapeForTerminal(`${told.collection}:${tag.tag}`));
  return lines([
    now === undefined ? `${name}  ${style.bad('removed')}` : `${name}  ${verdictWord(now, style)}`,
    ...(now === undefined ? [] : entryRows(now, options)),
    ...(tag.removedMs === undefined ? [] : [`  removed    ${whenText(tag.removedMs, nowMs)}`]),
    ...was.flatMap((entry) => [`  ${style.faint('before')}`, ...entryRows(entry, options)]),
    ...fileRows(told, options),
  ]);
}

function fileRows(
  { file, location }: Pick<ToldCatalogue, 'file' | 'location'>,
  { style, nowMs }: TextOptions,
): readonly string[] {
  const { issuedMs, expiresMs, signers } = file;
  const isOver = expiresMs <= nowMs;
  const end = `${isOver ? 'expired' : 'expires'} ${whenText(expiresMs, nowMs)}`;
  return [
    `  catalogue  ${escapeForTerminal(location)}:signet-tags, ${shardsText(file)}`,
    `             issued ${whenText(issuedMs, nowMs)} by ${escapeForTerminal(signers.join(', '))}`,
    `             ${isOver ? style.bad(end) : end}`,
  ];
}

function shardsText({ shards, digest }: ToldFile): string {
  return shards === 0 ? digest : `${digest} in ${shards} shards`;
}

function tagRow({ tag, entries: [now] }: ToldTag, width: number, { style, nowMs }: TextOptions): string {
  if (now === undefined) return tag;
  const word = now.verdict === 'verified' ? style.good('signed') : style.bad(now.code);
  return `${tag.padEnd(width)}  ${now.digest}  ${word}  ${whenText(now.atMs, nowMs)}  ${escapeForTerminal(byText(now))}`;
}

/** Sources of the policy where there are any, else who is proven. */
export function byText({ sources, statements }: ToldEntry): string {
  if (sources.length > 0) return `by ${sources.join(', ')}`;
  const signers = [...new Set(statements.flatMap(({ signer }) => signer ?? []))];
  return signers.length === 0 ? 'by nobody who is known' : `by ${signers.join(', ')}, which is not enough`;
}

function verdictWord({ verdict, code }: ToldEntry, style: Style): string {
  return verdict === 'verified' ? style.good('signed') : style.bad(code);
}

function entryRows(entry: ToldEntry, options: TextOptions): readonly string[] {
  const { digest, mediaType, size, atMs, statements } = entry;
  return [
    `  digest     ${digest}`,
    `             ${escapeForTerminal(mediaType)}, ${size} bytes`,
    `  since      ${whenText(atMs, options.nowMs)}  ${escapeForTerminal(byText(entry))}`,
    ...statements.map((statement) => `  statement  ${statementText(statement, options)}`),
  ];
}

function statementText({ signer, keyId, signedAtMs, counts }: ToldStatement, { style, nowMs }: TextOptions): string {
  if (signer === undefined) return style.bad('by nobody who is trusted');
  const when = signedAtMs === undefined ? 'at no time that it says' : whenText(signedAtMs, nowMs);
  const word = counts ? '' : style.doubt('  does not count');
  return `by ${escapeForTerminal(keyId ?? signer)}, ${when}${word}`;
}

function revokedRows({ revoked }: ToldCatalogue, { style, nowMs }: TextOptions): readonly string[] {
  return [...revoked].map(
    ([digest, { atMs, reason }]) =>
      `  ${style.bad('revoked')}  ${digest}  ${whenText(atMs, nowMs)}  ${escapeForTerminal(reason)}`,
  );
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}
