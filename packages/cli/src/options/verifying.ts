import { type Command, Option } from 'commander';
import { addStateOptions } from '../tags/state-folder.ts';
import { parseDuration, parseInteger } from './duration.ts';
import { addAnnotationOption, addTrustedKeyOptions, addUserMetadataOption } from './keys.ts';
import { addPluginConfigOption, addPolicyOption } from './policy.ts';
import { addReceiptOption } from './receipts.ts';

/** `--strict` and `--wait`: what an answer means, and how long for one. */
export function addAnswerOptions(command: Command): Command {
  return command
    .option('--strict', 'exit by the verdict alone, whatever mode the rule has')
    .addOption(
      new Option(
        '--wait <duration>',
        'ask again for so long while an image, its signatures or what would decide is not there yet (a replica lags)',
      ).argParser(parseDuration),
    );
}

/** `--key`, `--policy` and what goes with them: whose signatures count, and what they must say. */
export function addTrustOptions(command: Command): Command {
  addTrustedKeyOptions(command);
  addPolicyOption(command);
  addPluginConfigOption(command);
  addStateOptions(command);
  addReceiptOption(command);
  command.option('--tag-bound', 'the signature must name this repository and tag');
  addAnnotationOption(command, 'the signed annotations must hold this; repeatable');
  return addUserMetadataOption(command, 'the same, and with --policy beside what its rule asks for; repeatable');
}

/** `--max-signatures`. */
export function addMaxSignaturesOption(command: Command): Command {
  return command.addOption(
    new Option('--max-signatures <n>', 'signatures that are tried (default: 100)').argParser(parseInteger(1, 100_000)),
  );
}

/** `--allow-unpinned`. */
export function addAllowUnpinnedOption(command: Command): Command {
  return command.option(
    '--allow-unpinned',
    'pin the others where an image cannot get a digest: a variable, a text that is used for something else',
  );
}
