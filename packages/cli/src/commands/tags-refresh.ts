import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import type { Refreshed } from '../tags/expiry-metrics.ts';
import type { WriterFlags } from '../tags/writer.ts';
import {
  addAuthorityOptions,
  addCatalogueKeyOptions,
  addPublishingOptions,
  addTagKeysOption,
} from '../tags/writer-flags.ts';

interface RefreshFlags extends WriterFlags, RegistryFlags, OutputFlags {
  readonly key?: readonly string[];
  readonly all?: string;
  readonly metricsFile?: string;
  readonly dryRun?: boolean;
}

/** `signet tags refresh` */
export function defineRefresh(command: Command, context: Context): void {
  command
    .description(
      'Signs the catalogues of repositories anew, so that they do not expire, and publishes what is recorded. For a job that runs every 12 hours.',
    )
    .argument('[repository...]', 'REGISTRY/REPOSITORY, without a tag')
    .option('--all <namespace>', 'all repositories under REGISTRY/NAMESPACE for which the policy has a catalogue')
    .option('--metrics-file <file>', 'write there when each catalogue expires, as Prometheus reads it')
    .option('--dry-run', 'show how the catalogues stand; nothing is signed or written, and no key is needed');
  addNotes(
    command,
    `Exit code 1: one of the catalogues could not be signed anew.

Examples:
  signet tags refresh --policy policy.yaml --catalogue-key publisher.key --all registry.example.com/shop
  signet tags refresh --policy policy.yaml --catalogue-key publisher.key registry.example.com/shop/api`,
  );
  addTagKeysOption(addAuthorityOptions(command));
  addPublishingOptions(addCatalogueKeyOptions(command));
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<RefreshFlags>(command, context, refresh);
}

async function refresh(args: readonly string[], flags: RefreshFlags, io: Io): Promise<ExitCode> {
  const repositories = await repositoriesOf(args, flags, io);
  if (flags.dryRun === true) {
    const { showStatus } = await import('../tags/show-status.ts');
    return await showStatus(repositories, flags, io, () => EXIT.ok);
  }
  const { publishEach } = await import('../tags/publish-each.ts');
  const done: Refreshed[] = [];
  const code = await publishEach(repositories, { flags, io, kind: 'refresh', onDone: (each) => done.push(each) });
  if (flags.metricsFile !== undefined) {
    const { expiryMetrics } = await import('../tags/expiry-metrics.ts');
    await writeOutputFile(flags.metricsFile, Buffer.from(expiryMetrics(done)), { force: true, mode: 0o644 });
  }
  // A job has one question: is every catalogue fresh?
  return code === EXIT.undecided ? EXIT.denied : code;
}

/** @throws {CliError} USAGE; what listing throws */
async function repositoriesOf(args: readonly string[], flags: RefreshFlags, io: Io): Promise<readonly string[]> {
  const { all } = flags;
  if ((all === undefined) === (args.length === 0))
    throw new CliError('USAGE', 'repositories, or a namespace with --all: one of them is wanted');
  if (all === undefined) return args;
  const listing = await import('../tags/refresh-all.ts');
  return await listing.repositoriesOf(all, flags, io);
}
