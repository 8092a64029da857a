import type { TrustedTag } from '@signet/dct';
import { formatReference, type RegistryReference } from '@signet/oci';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { exitCodeForError, renderError } from '../errors.ts';
import { EXIT, type ExitCode, worstOf } from '../exit-codes.ts';
import { addTrustDataOptions, type TrustDataFlags } from '../import-dct/flags.ts';
import type { ImportedTag } from '../import-dct/import-tag.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addSigningKeyOptions, type SigningKeyFlags } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { forEachReference } from '../references.ts';
import { readSigner } from '../signing-key.ts';
import { createStyle } from '../style.ts';
import { parseRepository } from '../tags/collection.ts';
import { addTagSigningOptions, isForTags, type TagSigningFlags } from '../tags/sign-flags.ts';

interface ImportFlags extends TrustDataFlags, SigningKeyFlags, TagSigningFlags, RegistryFlags, OutputFlags {
  readonly dryRun?: boolean;
}

/** `signet tags import-dct` */
export function defineImportDct(command: Command, context: Context): void {
  command
    .description(
      'Brings a repository over from Docker Content Trust: verifies its Notary v1 metadata, and signs each image anew for its tag where the registry still has the very same one.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag, as it was signed');
  addNotes(command, help);
  addTrustDataOptions(command);
  addSigningKeyOptions(command);
  command
    .optionsGroup('Signature:')
    .option('--dry-run', 'show what is accepted; nothing is signed or written, and no key is needed');
  addTagSigningOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<ImportFlags>(command, context, ([text = ''], flags, io) => importAll(text, flags, io));
}

const help = `
With --publish or --stage the accepted tags are signed as signet sign does with these options, all in one publication.
A tag is taken as docker pull takes it: from targets/releases, else from targets. What other signers alone have signed is told, and not signed.
The credentials of the repository's registry are shown to the Notary server, as docker shows them.
Exit code 1: the metadata is not verified, holds no tag, or the registry has another image, or none, under one of the tags.

Examples:
  signet tags import-dct --server https://notary.example.com --root-key ID --dry-run registry.example.com/app
  signet tags import-dct --dir ~/.docker/trust --allow-expired --key release.key registry.example.com/app
  signet tags import-dct --server https://notary.example.com --key release.key --policy policy.yaml --stage registry.example.com/app`;

async function importAll(text: string, flags: ImportFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const [{ checkTrustDataFlags, readData }, { tagsOfRoles }, { importTag }, shown] = await Promise.all([
    import('../import-dct/read.ts'),
    import('../import-dct/roles.ts'),
    import('../import-dct/import-tag.ts'),
    showing(output, io),
  ]);
  const repository = parseRepository(text);
  checkTrustDataFlags(flags);
  const forTags = isForTags(flags) ? await signingForTags(repository, flags, io) : undefined;
  const signer = flags.dryRun === true || forTags !== undefined ? undefined : await readSigner(flags, io);
  const connection = await connect(flags, io, output, { references: [text] });
  try {
    const { client } = connection;
    const { signal } = io;
    const read = await readData(repository, flags, { client, nowMs: Date.now(), timeoutMs: flags.timeout, signal });
    const tags = tagsOfRoles(read.data, flags.role);
    shown.head(read, tags);
    const store = await connection.open(repository);
    const codes: ExitCode[] = tags.length === 0 ? [EXIT.denied] : [];
    codes.push(
      await forEachReference(tags, {
        io,
        verbose: output.verbose,
        concurrency: flags.concurrency ?? DEFAULT_CONCURRENCY,
        work: (trusted) => importTag(trusted, { repository, store, signer, signal }),
        show: (imported) => {
          shown.tag(imported);
          return exitCodeOf(imported);
        },
      }),
    );
    const accepted = shown.end();
    if (forTags !== undefined && flags.dryRun !== true && accepted.length > 0) codes.push(await forTags(accepted));
    return worstOf(codes);
  } finally {
    await connection.close();
  }
}

/** What signs accepted tags and publishes or records that, as `signet sign` does. @throws {CliError} USAGE */
async function signingForTags(
  repository: RegistryReference,
  flags: ImportFlags,
  io: Io,
): Promise<(tags: readonly TrustedTag[]) => Promise<ExitCode>> {
  const [{ signTags }, { checkTagSigningFlags }] = await Promise.all([
    import('../tags/sign-tags.ts'),
    import('../tags/sign-tags-flags.ts'),
  ]);
  const signing = { ...flags, format: 'sigstore' } as const;
  checkTagSigningFlags([formatReference(repository)], signing);
  return (tags) => {
    const references = tags.map(({ tag, digest }) => formatReference({ ...repository, tag, digest }));
    return signTags(references, signing, io);
  };
}

/** JSON in one document at the end; text as it comes. */
async function showing(output: OutputOptions, io: Io) {
  const [{ headText, remarksOf, tagText }, { importJson }, { escapeForTerminal }] = await Promise.all([
    import('../import-dct/text.ts'),
    import('../import-dct/json.ts'),
    import('@signet/verifier'),
  ]);
  type Read = Parameters<typeof headText>[0];
  const style = createStyle(output.color);
  const imported: ImportedTag[] = [];
  let read: Read | undefined;
  let width = 0;
  return {
    head(data: Read, tags: Read['data']['tags']): void {
      read = data;
      width = Math.max(0, ...tags.map(({ tag }) => tag.length));
      for (const remark of output.quiet ? [] : remarksOf(data.data))
        io.stderr.write(`note: ${escapeForTerminal(remark)}\n`);
      if (!output.json && !output.quiet) io.stdout.write(headText(data, style));
      if (!output.json && tags.length === 0) io.stdout.write('  no tag to import\n');
    },
    tag(one: ImportedTag): void {
      imported.push(one);
      if (!output.json) io.stdout.write(tagText(one, width, style));
      if (one.outcome === 'failed')
        io.stderr.write(renderError(one.error, { verbose: output.verbose, subject: one.trusted.tag }));
    },
    /** Gives what is accepted, and not signed yet. */
    end(): readonly TrustedTag[] {
      if (output.json && read !== undefined) writeJson(io, importJson(read, imported));
      return imported.flatMap(({ outcome, trusted }) => (outcome === 'accepted' ? [trusted] : []));
    },
  };
}

function exitCodeOf(imported: ImportedTag): ExitCode {
  if (imported.outcome === 'failed') return exitCodeForError(imported.error);
  return imported.outcome === 'differs' || imported.outcome === 'missing' ? EXIT.denied : EXIT.ok;
}
