import { type Digest, formatReference, isDigest, type Reference, RegistryError, type Source } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import { CliError, exitCodeForError, renderError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { OutputOptions } from '../options/output.ts';
import { forEachReference } from '../references.ts';
import { type CopiedImage, showCopied } from './copied-output.ts';
import { catalogueTag, copyBetween, type Ways } from './copy-image.ts';

/** Images that are copied at the same time: each copies its parts side by side. */
const sideBySide = 4;

interface AllWays extends Ways {
  readonly output: OutputOptions;
}

/**
 * All tags of a repository, and what the catalogue of signed tags names beside them; the catalogue last, and only where all images came: it says
 * that they are there. What it cannot be copied over is told before anything is. Tags that are made of digests come with what they belong to.
 * @throws {CliError} USAGE where a tag or digest was named; {RegistryError}; as {@link carryCatalogue}
 */
export async function copyAllTags(source: Reference, destination: Reference, ways: AllWays): Promise<ExitCode> {
  if ([source, destination].some(({ tag, digest }) => tag !== undefined || digest !== undefined))
    throw new CliError('USAGE', '--all-tags copies repositories: name both without tag and digest');
  const from = await ways.connection.open(source);
  const tags = await tagsOf(from, ways);
  const named = tags.includes(catalogueTag) ? await namedByCatalogue(from, destination, ways) : [];
  const open = tags.filter(isOwnTag);
  if (open.length === 0 && named.length === 0 && !tags.includes(catalogueTag))
    throw new RegistryError('NOT_FOUND', `${formatReference(source)} has no tags`);
  const copied = new Set<Digest>();
  const code = await copyEach(
    open.map((tag) => ({ tag })),
    { source, destination, copied },
    ways,
  );
  const beside = named.filter((digest) => !copied.has(digest)).map((digest) => ({ digest }));
  const codeBeside = await copyEach(beside, { source, destination, copied }, ways);
  if (!tags.includes(catalogueTag)) return code;
  if (code !== EXIT.ok || codeBeside !== EXIT.ok) {
    ways.io.stderr.write('note: the catalogue of signed tags was not copied, as not all images were\n');
    return code === EXIT.ok ? codeBeside : code;
  }
  return await copyEach([{ tag: catalogueTag }], { source, destination, copied }, ways);
}

/** Every page, in the order of names. */
async function tagsOf(from: Source, { io }: AllWays): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of from.tags({ signal: io.signal })) tags.push(tag);
  return tags.toSorted();
}

/** Not one of the catalogue's, and none that is made of a digest: those come with their images. Rule: OCI distribution-spec 1.1, "Referrers Tag Schema" */
function isOwnTag(tag: string): boolean {
  return !tag.startsWith(catalogueTag) && !/^sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{64,128})(?:\.|$)/.test(tag);
}

/** What tags of the catalogue are now, once it is known that it may be copied. @throws as {@link carryCatalogue} */
async function namedByCatalogue(from: Source, destination: Reference, ways: AllWays): Promise<readonly Digest[]> {
  const { carryCatalogue, itemOf } = await import('@signet/signed-tags');
  const to = await ways.connection.open(destination, { create: true });
  const { content } = await carryCatalogue({ from, to, now: () => Date.now(), signal: ways.io.signal, isDry: true });
  const digests = [...content.tags.keys()].flatMap((tag) => {
    const item = itemOf(content, tag);
    return item.kind === 'entry' && isDigest(item.entry.digest) ? [item.entry.digest] : [];
  });
  return [...new Set(digests)];
}

type Name = { readonly tag: string } | { readonly digest: Digest };

interface Ends {
  readonly source: Reference;
  readonly destination: Reference;
  /** Grows. */
  readonly copied: Set<Digest>;
}

type Outcome = CopiedImage | { readonly name: Name; readonly error: unknown };

/** Side by side; told in order. One that fails does not keep the others. */
async function copyEach(names: readonly Name[], ends: Ends, ways: AllWays): Promise<ExitCode> {
  const { io, output, progress } = ways;
  return await forEachReference<Name, Outcome>(names, {
    io,
    verbose: output.verbose,
    concurrency: sideBySide,
    async work(name) {
      const [source, destination] = [
        { ...ends.source, ...name },
        { ...ends.destination, ...name },
      ];
      try {
        return { source, destination, result: await copyBetween(source, destination, ways) };
      } catch (error) {
        return { name, error };
      }
    },
    show(outcome) {
      progress.clear();
      if (!('error' in outcome)) {
        ends.copied.add(outcome.result.root.digest);
        showCopied(outcome, { io, output });
        return EXIT.ok;
      }
      return tellFailure(outcome, ends.source, ways);
    },
  });
}

/** What a catalogue names and the registry has not cannot be copied, nor is it missed: whoever asks for it is told there as here. */
function tellFailure(
  { name, error }: Extract<Outcome, { error: unknown }>,
  source: Reference,
  { io, output }: AllWays,
): ExitCode {
  io.signal.throwIfAborted();
  const text = escapeForTerminal(formatReference({ ...source, ...name }));
  if ('digest' in name && error instanceof RegistryError && error.code === 'NOT_FOUND') {
    io.stderr.write(`note: the catalogue names ${text}, which is not there\n`);
    return EXIT.ok;
  }
  io.stderr.write(renderError(error, { verbose: output.verbose, subject: text }));
  return exitCodeForError(error);
}
