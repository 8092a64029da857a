import type { Command } from 'commander';
import { collect } from '../options/duration.ts';
import { exampleKeyText, type TrustedKeyFlags } from '../options/keys.ts';
import { addPolicyOption, type PolicyFlags } from '../options/policy.ts';

/** What {@link addCollectionOptions} produces. */
export interface CollectionFlags extends PolicyFlags, TrustedKeyFlags {
  /** Of the policy, where several are for the repository. */
  readonly catalogue?: string;
  /** Files of public keys. */
  readonly publisher?: readonly string[];
  readonly collection?: string;
}

/** Who is trusted: `--policy`, or `--publisher` and `--key`. */
export function addCollectionOptions(command: Command): Command {
  return addPolicyOption(command.optionsGroup('Trust:'))
    .option('--catalogue <name>', 'the catalogue of the policy that is meant, where several are for the repository')
    .option('--publisher <file>', 'without a policy: public key that signs the catalogue; repeatable', collect)
    .option('-k, --key <file>', 'without a policy: public key that signs tags; repeatable, any suffices', collect)
    .option('--collection <name>', 'without a policy: the name in statements and catalogue, where it is another')
    .option('--allow-example-keys', exampleKeyText);
}
