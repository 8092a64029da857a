import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import type { StateFlags } from '../tags/state-folder.ts';
import { collect } from './duration.ts';

/** What {@link addReceiptOption} produces. */
export interface ReceiptFlags {
  readonly receipt?: readonly string[];
}

/** `--receipt FILE`, repeatable. */
export function addReceiptOption(command: Command): Command {
  return command.option(
    '--receipt <file>',
    'what publishing a tag gave: the tag must not be less by now; repeatable',
    collect,
  );
}

/** `--state`, `--no-state` and `--receipt` where no policy is named. @throws {CliError} USAGE */
export function refuseTagFlags({ state, receipt }: StateFlags & ReceiptFlags): void {
  const given = state === false ? '--no-state' : typeof state === 'string' ? '--state' : undefined;
  const flag = given ?? (receipt === undefined ? undefined : '--receipt');
  if (flag !== undefined)
    throw new CliError('USAGE', `${flag} is about signed tags, and only a policy asks for them`, {
      hint: '--policy FILE',
    });
}
