import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPolicyOptions } from '../options/policy.ts';
import { addReceiptOption } from '../options/receipts.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { addAnswerOptions } from '../options/verifying.ts';
import type { ResolveFlags } from '../resolve/resolve.ts';
import { addStateOptions } from '../tags/state-folder.ts';

/** `signet resolve` */
export function define(command: Command, context: Context): void {
  command.argument('<reference...>', 'images (- for a list on standard input, one a line)');
  addNotes(command, help);
  addResolveOptions(command);
  onRun<ResolveFlags>(command, context, async (args, flags, io) =>
    (await import('../resolve/resolve.ts')).resolve(args, flags, io),
  );
}

/** All that `signet resolve` may be told, also where another command asks it. */
export function addResolveOptions(command: Command): void {
  command.option('--platform <os/arch>', 'the image of an index for this platform is meant, not the index');
  addAnswerOptions(command);
  addPolicyOptions(command);
  addStateOptions(command);
  addReceiptOption(command);
  addRegistryOptions(command);
  addOutputOptions(command);
}

const help = `
Each image is verified by the policy as verify does it, and what it is comes out with its digest, one a line in the order of the references:
where the rule says tag: trusted that is what the signed catalogue says, not what the tag names in the registry. Of what is not let through,
or is nothing that could be named, there is no line; why goes to standard error. With --output json there is a document for each.

Exit codes: as verify: 0 all have a line; 1 any denied; 3 none denied, but any undecided; 2 usage.

Examples:
  signet resolve --policy policy.yaml registry.example.com/app:1.0
  docker pull "$(signet resolve --policy policy.yaml registry.example.com/app:1.0)"
  signet resolve --policy policy.yaml - < images.txt > pinned.txt`;
