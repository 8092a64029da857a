import type { OperationOutcome, OperationResult, Published } from '@signet/signed-tags';
import { escapeForTerminal } from '@signet/verifier';
import { codeOf, renderError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { OutputOptions } from '../options/output.ts';
import { createStyle, type Style } from '../style.ts';
import { timeJson } from './catalogue-json.ts';
import type { Collection } from './collection.ts';
import { whenText } from './when.ts';

/** What is not published yet is not done: whoever publishes next completes it. */
export const exitCodeOfOutcome: Readonly<Record<OperationOutcome, ExitCode>> = {
  published: EXIT.ok,
  superseded: EXIT.ok,
  waiting: EXIT.undecided,
  recorded: EXIT.undecided,
};

/** For people. Ends with a line end. */
export function publishedText(
  published: Published,
  { name, location }: Collection,
  { style, nowMs }: { readonly style: Style; readonly nowMs: number },
): string {
  const { head, operations, isOwn, cleaned } = published;
  const lines = [`${wordOf(published, style)}  ${style.strong(escapeForTerminal(name))}`];
  for (const result of operations) lines.push(`  ${operationText(result, nowMs)}`);
  if (head !== undefined) {
    const place = `${location.registry}/${location.repository}:signet-tags`;
    lines.push(`  catalogue  ${escapeForTerminal(place)}, ${head.file}`);
    lines.push(`             issued ${whenText(head.issuedMs, nowMs)}${isOwn ? '' : ', as it was'}`);
    lines.push(`             expires ${whenText(head.expiresMs, nowMs)}`);
  }
  if (cleaned > 0) lines.push(`  journal    ${cleaned} entries removed, which the catalogue holds`);
  return lines.map((line) => `${line}\n`).join('');
}

/** For programs: times as in RFC 3339. */
export function publishedJson(published: Published, { name, location }: Collection): object {
  const { outcome, operations, head, isOwn, journal, rounds, ignored, cleaned, isCold, isStateSaved } = published;
  return {
    version: 1,
    collection: name,
    location: `${location.registry}/${location.repository}`,
    outcome,
    written: isOwn,
    operations: operations.map(operationJson),
    ...(head === undefined
      ? {}
      : {
          catalogue: {
            digest: head.file,
            manifest: head.manifest,
            issued: timeJson(head.issuedMs),
            expires: timeJson(head.expiresMs),
          },
        }),
    journal,
    ignored,
    cleaned,
    rounds,
    cold: isCold,
    stateSaved: isStateSaved,
  };
}

/** What went on beside, on standard error: what was passed over, what is not remembered, why it is only recorded. */
export function remarkOn(
  published: Published,
  { io, output }: { readonly io: Io; readonly output: OutputOptions },
): void {
  const { failure, ignored, isCold, isStateSaved } = published;
  if (failure !== undefined) io.stderr.write(renderError(failure, { verbose: output.verbose }));
  if (output.quiet) return;
  const style = createStyle(output.color);
  const remark = (text: string): void => io.stderr.write(`${style.doubt('remark')}  ${escapeForTerminal(text)}\n`);
  // The registry's message may say so, and no other account changes it.
  if (codeOf(failure) === 'FORBIDDEN')
    remark("where tags cannot be moved, the policy's catalogue says with location in which other repository it lies");
  for (const { ulid, why } of ignored) remark(`journal entry ${ulid} was passed over: ${why}`);
  if (isCold) remark('nothing was remembered: that the catalogue was an older one would not have been noticed');
  if (failure === undefined && !isStateSaved) remark('what was published could not be remembered here');
}

/** What an operation was about, and what became of it. */
function operationText({ operation, outcome, atMs }: OperationResult, nowMs: number): string {
  const since = atMs === undefined ? '' : `, ${whenText(atMs, nowMs)}`;
  const about = operation.kind === 'revoke' ? operation.digest : operation.tag;
  const digest = operation.kind === 'sign' ? `  ${operation.digest}` : '';
  return escapeForTerminal(`${kinds[operation.kind]}  ${about}${digest}  ${outcomes[outcome]}${since}`);
}

const kinds = { sign: 'signed ', remove: 'removed', revoke: 'revoked' } as const;

const outcomes: Readonly<Record<OperationOutcome, string>> = {
  published: 'published',
  superseded: 'published, and something newer is there',
  waiting: 'recorded; it waits for further signers',
  recorded: 'recorded, not yet published',
};

function wordOf({ outcome, operations, isOwn }: Published, style: Style): string {
  if (outcome === 'published' || outcome === 'superseded')
    return operations.length === 0 && !isOwn ? style.good('nothing to do') : style.good('published');
  return style.doubt(outcome === 'waiting' ? 'waiting' : 'recorded, not yet published');
}

function operationJson({ operation, outcome, atMs }: OperationResult): object {
  const { kind } = operation;
  return {
    kind,
    ...(kind === 'revoke' ? {} : { tag: operation.tag }),
    ...(kind === 'remove' ? {} : { digest: operation.digest }),
    outcome,
    ...(atMs === undefined ? {} : { at: timeJson(atMs) }),
  };
}
