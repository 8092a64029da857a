import type { Command } from 'commander';
import { collect } from '../options/duration.ts';

/** What {@link addTrustDataOptions} produces. */
export interface TrustDataFlags {
  readonly server?: string;
  readonly dir?: string;
  /** Ids, or files of certificates. */
  readonly rootKey?: readonly string[];
  readonly allowExpired?: boolean;
  readonly allowMissing?: boolean;
  /** `targets`, `targets/NAME` or `NAME`. */
  readonly role?: readonly string[];
}

/** Where Docker Content Trust data is read, and what of it is taken. */
export function addTrustDataOptions(command: Command): Command {
  return command
    .optionsGroup('Docker Content Trust:')
    .option('--server <url>', 'Notary server: https://notary.docker.io, https://NAME.azurecr.io, …')
    .option('--dir <folder>', "a Docker client's ~/.docker/trust; beside --server: its root is the one that is trusted")
    .option(
      '--root-key <id>',
      'root key, as docker trust inspect prints it, or a file with its certificate; repeatable (default: trust on first use)',
      collect,
    )
    .option(
      '--role <name>',
      'take only the tags that this signer signed: alice, releases, targets; repeatable',
      collect,
    )
    .option('--allow-expired', 'take data past its time too, and say so: where the service has ended')
    .option('--allow-missing', 'do without timestamp, snapshot or signers that are not there, and say so');
}
