import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { collect } from '../options/duration.ts';
import { addInputOptions } from '../options/inputs.ts';
import { addOutputOptions } from '../options/output.ts';
import { addRegistryOptions } from '../options/registry.ts';
import {
  addAllowUnpinnedOption,
  addAnswerOptions,
  addMaxSignaturesOption,
  addTrustOptions,
} from '../options/verifying.ts';
import type { PinFlags } from '../pin/flags.ts';

/** `signet pin` */
export function define(command: Command, context: Context): void {
  command
    .option(
      '-f, --file <file>',
      'pin the images that a file, a folder or standard input (-) names: Kubernetes manifests and the like; repeatable',
      collect,
    )
    .option('--write', 'write into the files; else the result goes to standard output');
  addInputOptions(command);
  addAllowUnpinnedOption(command);
  addAnswerOptions(command);
  addNotes(command, help);
  addTrustOptions(command);
  addMaxSignaturesOption(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<PinFlags>(command, context, async (args, flags, io) => (await import('../pin/pin.ts')).pin(args, flags, io));
}

const help = `
With --key or --policy images are verified first, and the digest that was verified is written; else it is the one that the tag names now.
What has a digest keeps it, also where its tag has moved on. All else in the file stays byte for byte.

Without --write: of one file its whole text, of several or of a folder a diff (git apply and patch -p1 take it), with --output json one
document a place.

Exit codes: 0 all is pinned; 1 an image is denied; 3 one is undecided, could not be resolved or cannot be pinned where it stands; 2 usage.
Unless it is 0, nothing is written.

Examples:
  signet pin -f deploy.yaml --policy policy.yaml | kubectl apply -f -
  helm template shop ./chart | signet pin -f - --key release.pub > pinned.yaml
  signet pin -f deploy/ --policy policy.yaml --write`;
