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
import type { VerifyFlags } from '../verify/flags.ts';
import { verifyAll } from '../verify/verify-all.ts';

/** `signet verify` */
export function define(command: Command, context: Context): void {
  command
    .argument(
      '[reference...]',
      'images (oci:FOLDER:TAG for a layout on disk; - for a list on standard input, one a line)',
    )
    .option(
      '-f, --file <file>',
      'verify the images that a file, a folder or standard input (-) names: Kubernetes manifests and the like; repeatable',
      collect,
    )
    .option('--resolve-tags', 'once all is verified, write the digests that were verified into the files of -f');
  addInputOptions(command);
  addAllowUnpinnedOption(command);
  addAnswerOptions(command);
  addNotes(command, help);
  addTrustOptions(command);
  command
    .option('--platform <os/arch>', 'the image of an index for this platform is meant, not the index')
    .option(
      '--signed-reference <reference>',
      'what a signature must name under --tag-bound (in a policy: tag: bound), where it is not the reference itself (without a tag: its tag)',
    );
  addMaxSignaturesOption(command);
  addRegistryOptions(command);
  addOutputOptions(command, ['sarif', 'junit', 'github', 'azure']);
  onRun<VerifyFlags>(command, context, verifyAll);
}

const help = `
Exit codes: 0 all verified, or allowed by their rule; 1 any denied; 3 none denied, but any undecided; 2 usage.
With --output json one report a line, in the order of the references (report.schema.json of @signet/verifier). With --output sarif (2.1.0: what
is not verified, for code scanning) and --output junit (JUnit XML) one document at the end. With --output github and --output azure what
is not verified as annotations of GitHub Actions and Azure Pipelines at the file and line that name it, then a line that sums up.

With -f each image is verified once and reported at each place; what may name an image and cannot be read counts as undecided.
--resolve-tags writes nothing unless the exit code is 0; signet pin --write does the same without the reports.

Examples:
  signet verify --key release.pub --tag-bound registry.example.com/app:1.0
  signet verify --key release.pub - < images.txt
  signet verify --policy policy.yaml registry.example.com/app:1.0
  signet verify --policy policy.yaml -f deploy/ --output sarif
  signet verify --key release.pub oci:./image:1.0 --signed-reference registry.example.com/app:1.0 --tag-bound`;
