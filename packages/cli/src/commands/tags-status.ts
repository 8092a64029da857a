import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { addCollectionOptions, type CollectionFlags } from '../tags/flags.ts';

type StatusFlags = CollectionFlags & RegistryFlags & OutputFlags;

/** `signet tags status` */
export function defineStatus(command: Command, context: Context): void {
  command
    .description(
      'Says of catalogues whether there is anything to do: what waits to be published, what is denied, what expires soon.',
    )
    .argument('<repository...>', 'REGISTRY/REPOSITORY, without a tag');
  addNotes(
    command,
    'Exit code 1: something is recorded and not published, a tag does not meet the policy, or a catalogue is missing, not trusted, or expires within 24 hours.',
  );
  addCollectionOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<StatusFlags>(command, context, status);
}

async function status(repositories: readonly string[], flags: StatusFlags, io: Io): Promise<ExitCode> {
  const [{ showStatus }, { isWell }] = await Promise.all([
    import('../tags/show-status.ts'),
    import('../tags/status-output.ts'),
  ]);
  return await showStatus(repositories, flags, io, (told) => (isWell(told, Date.now()) ? EXIT.ok : EXIT.denied));
}
