import type { Command } from 'commander';
import { exampleKeyText } from './keys.ts';

/** What {@link addPolicyOption} produces. */
export interface PolicyFlags {
  readonly policy?: string;
}

/** `--policy FILE`. */
export function addPolicyOption(command: Command): Command {
  return command.option('-p, --policy <file>', 'trust policy (YAML or JSON); its keys are files beside it');
}

/** `--policy FILE` and `--allow-example-keys`, for commands that know no other trust. */
export function addPolicyOptions(command: Command): Command {
  return addPolicyOption(command.optionsGroup('Trust:')).option('--allow-example-keys', exampleKeyText);
}
