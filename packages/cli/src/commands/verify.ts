import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { collect, parseDuration, parseInteger } from '../options/duration.ts';
import { addAnnotationOption, addTrustedKeyOptions } from '../options/keys.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPolicyOption } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';
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
    .option('--strict', 'exit by the verdict alone, whatever mode the rule has')
    .addOption(
      new Option(
        '--wait <duration>',
        'ask again for so long while an image, its signatures or what would decide is not there yet (a replica lags)',
      ).argParser(parseDuration),
    );
  addNotes(command, help);
  addTrustedKeyOptions(command);
  addPolicyOption(command);
  command.option('--tag-bound', 'the signature must name this repository and tag');
  addAnnotationOption(command, 'the signed annotations must hold this; repeatable');
  command
    .option('--platform <os/arch>', 'the image of an index for this platform is meant, not the index')
    .option(
      '--signed-reference <reference>',
      'what a signature must name under --tag-bound (in a policy: tag: bound), where it is not the reference itself (without a tag: its tag)',
    )
    .addOption(
      new Option('--max-signatures <n>', 'signatures that are tried (default: 100)').argParser(
        parseInteger(1, 100_000),
      ),
    );
  addRegistryOptions(command);
  addOutputOptions(command, ['sarif', 'junit']);
  onRun<VerifyFlags>(command, context, verifyAll);
}

const help = `
Exit codes: 0 all verified, or allowed by their rule; 1 any denied; 3 none denied, but any undecided; 2 usage.
With --output json one report a line, in the order of the references (report.schema.json of @signet/verifier). With --output sarif (2.1.0: what
is not verified, for code scanning) and --output junit (JUnit XML) one document at the end.

With -f each image is verified once and reported at each place; what may name an image and cannot be read counts as undecided.

Examples:
  signet verify --key release.pub --tag-bound registry.example.com/app:1.0
  signet verify --key release.pub - < images.txt
  signet verify --policy policy.yaml registry.example.com/app:1.0
  signet verify --policy policy.yaml -f deploy/ --output sarif
  signet verify --key release.pub oci:./image:1.0 --signed-reference registry.example.com/app:1.0 --tag-bound`;
