import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import type { ResolveFlags } from '../resolve/resolve.ts';
import { addResolveOptions } from './resolve.ts';

/** `signet docker pull` */
export function definePull(command: Command, context: Context): void {
  command
    .description(
      'Verifies an image by the policy, lets Docker pull it by its digest, and tags it as it was named: docker run of that name runs what was verified.',
    )
    .argument('<reference>', 'image');
  addNotes(
    command,
    `Where the rule says tag: trusted, the image is what the signed catalogue says, not what the tag names in the registry.
What docker prints goes to standard error, on a terminal with its progress. Exit codes: those of verify; where docker fails, its own.

Example:
  docker signet pull --policy policy.yaml registry.example.com/app:1.0`,
  );
  addResolveOptions(command);
  onRun<ResolveFlags>(command, context, async ([reference = ''], flags, io) =>
    (await import('../docker/pull.ts')).pull(reference, flags, io),
  );
}
