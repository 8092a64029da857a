import type { Command } from 'commander';
import { collect } from './duration.ts';
import { addUserMetadataOption, exampleKeyText } from './keys.ts';

/** What {@link addPolicyOption} produces. */
export interface PolicyFlags {
  readonly policy?: string;
  /** Folder with notation's `x509/{ca,signingAuthority,tsa}/NAME`. */
  readonly trustStore?: string;
}

/** `--policy FILE`. */
export function addPolicyOption(command: Command): Command {
  return command
    .option(
      '-p, --policy <file>',
      "trust policy (YAML or JSON); its keys are files beside it; or notation's trustpolicy.json, or the word notation for its own folder",
    )
    .option(
      '--trust-store <folder>',
      "for notation's policy: the folder with x509/ca/NAME (default: truststore beside it)",
    );
}

/** What judges the Notary signature of a file. */
export function addBlobPolicyOptions(command: Command): Command {
  command
    .option(
      '-p, --policy <file>',
      "for Notary signatures: trust policy with certificates; or notation's trustpolicy.blob.json, or the word notation for its own folder",
    )
    .option('--policy-name <name>', "the statement of notation's policy, or the rule of Signet's, that is for the file")
    .option(
      '--trust-store <folder>',
      "for notation's policy: the folder with x509/ca/NAME (default: truststore beside it)",
    )
    .option('--media-type <type>', 'what the file must have been signed as (default: anything)');
  addUserMetadataOption(command, 'what must have been signed beside the file; repeatable');
  return addPluginConfigOption(command);
}

/** `--policy FILE` and `--allow-example-keys`, for commands that know no other trust. */
export function addPolicyOptions(command: Command): Command {
  return addPolicyOption(command.optionsGroup('Trust:')).option('--allow-example-keys', exampleKeyText);
}

/** What {@link addPluginConfigOption} produces. */
export interface PluginConfigFlags {
  /** `NAME=VALUE` each. */
  readonly pluginConfig?: readonly string[];
}

/** `--plugin-config`, where plugins verify. */
export function addPluginConfigOption(command: Command): Command {
  return command.option(
    '--plugin-config <name=value>',
    'setting for plugins that Notary signatures ask to be verified by; repeatable',
    collect,
  );
}
