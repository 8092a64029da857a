import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { addSignOptions, type SignFlags } from './sign.ts';

/** `signet docker push` */
export function definePush(command: Command, context: Context): void {
  command
    .description(
      'Lets Docker push an image and signs the digest that was pushed, for its tag: signet sign REPOSITORY:TAG@DIGEST.',
    )
    .argument('<reference>', 'image, as docker push takes it');
  addNotes(
    command,
    `The digest is the one that docker says it has pushed, not what the tag names a moment later.
With --publish or --stage the tag is signed for the catalogue. What docker prints goes to standard error, line by line. Exit codes: those of sign;
where docker fails, its own: nothing is signed then.

Example:
  docker signet push --key release.key --policy policy.yaml --publish --catalogue-key publisher.key registry.example.com/app:1.0`,
  );
  addSignOptions(command);
  onRun<SignFlags>(command, context, async ([reference = ''], flags, io) =>
    (await import('../docker/push.ts')).push(reference, flags, io),
  );
}
