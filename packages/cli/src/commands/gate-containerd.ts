import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import type { ContainerdFlags } from '../gate/judge-pull.ts';
import { addNotes } from '../notes.ts';
import { addPluginConfigOption, addPolicyOptions } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { addStateOptions } from '../tags/state-folder.ts';

/** `signet gate containerd` */
export function defineContainerd(command: Command, context: Context): void {
  command
    .description(
      'Judges one pull, as containerd asks its image verifiers: the digest that is pulled, never what its tag names by now. The reason goes to standard output.',
    )
    .usage('[options] -- -name REF -digest DIGEST -stdin-media-type TYPE')
    .argument('<call...>', 'what containerd hands over, behind --; the descriptor of the image comes on standard input')
    .option(
      '--server <socket>',
      'unix socket of a running signet serve: asked first; without it, or where it does not answer, --policy decides here',
    );
  addNotes(
    command,
    'Exit codes: 0 the pull may go on; anything else stops it: 1 denied; 2 a wrong call or configuration; 3 undecided.\nTime limit: 8s unless --timeout says otherwise; containerd waits 10 s unless configured otherwise, and stops a pull that was not answered.\ncontainerd gives its verifiers no arguments of their own: what lies in its folder is a script that does.\n\nExample (a file in /opt/containerd/image-verifier/bin):\n  #!/bin/sh\n  exec signet gate containerd --policy /etc/signet/policy.yaml -- "$@"',
  );
  addPolicyOptions(command);
  addPluginConfigOption(command);
  addStateOptions(command);
  addRegistryOptions(command);
  onRun<ContainerdFlags>(command, context, async (call, flags, io) => {
    const { judgePull } = await import('../gate/judge-pull.ts');
    return await judgePull(call, flags, io);
  });
}
