import { escapeForTerminal } from '@signet/verifier';
import { forgottenText, forgottenUntil, type RebuildDraft } from './rebuild-catalogue.ts';
import { whenText } from './when.ts';

/** What is told of a draft. */
type ToldDraft = Omit<RebuildDraft, 'collection'> & { readonly collection: Pick<RebuildDraft['collection'], 'name'> };

/** What `signet tags rebuild --dry-run` prints. */
export function draftText(draft: ToldDraft, nowMs: number): string {
  const { collection, catalogues, operations, tags, removed, revoked } = draft;
  const forgottenMs = forgottenUntil(draft);
  const lines = [
    `would be made anew  ${collection.name}`,
    `  from  ${catalogues} catalogues, and the statements on ${operations.length} images`,
    ...[...tags].flatMap(([tag, { entries }]) =>
      entries.slice(0, 1).map(({ digest, atMs }) => `  ${tag}  ${digest}  ${whenText(atMs, nowMs)}`),
    ),
    ...operations.flatMap((each) =>
      each.kind === 'sign' ? [`  ${each.tag}  ${each.digest}  by the statements on the image`] : [],
    ),
    ...[...removed].map(([tag, atMs]) => `  removed  ${tag}  ${whenText(atMs, nowMs)}  (has to be confirmed)`),
    ...(forgottenMs === 0 ? [] : [`  removed  ${forgottenText(forgottenMs, nowMs)}  (has to be confirmed)`]),
    ...[...revoked].map(
      ([digest, { atMs, reason }]) =>
        `  revoked  ${digest}  ${whenText(atMs, nowMs)}  ${escapeForTerminal(reason)}  (has to be confirmed)`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for a program; times in RFC 3339. */
export function draftJson(draft: ToldDraft): object {
  const { collection, catalogues, operations, tags, removed, revoked } = draft;
  const forgottenMs = forgottenUntil(draft);
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    version: 1,
    dryRun: true,
    collection: collection.name,
    from: { catalogues, images: operations.length },
    tags: [...tags].flatMap(([tag, { entries }]) =>
      entries.slice(0, 1).map(({ digest, atMs }) => ({ tag, digest, at: time(atMs) })),
    ),
    statements: operations.flatMap((each) => (each.kind === 'sign' ? [{ tag: each.tag, digest: each.digest }] : [])),
    removed: [...removed].map(([tag, atMs]) => ({ tag, at: time(atMs) })),
    ...(forgottenMs === 0 ? {} : { removedUntil: time(forgottenMs) }),
    revoked: [...revoked].map(([digest, { atMs, reason }]) => ({ digest, at: time(atMs), reason })),
  };
}
