import type { Command, Option } from 'commander';

/** A command as completion scripts and docs see it. */
export interface CommandNode {
  /** `key generate`, without the program's name. */
  readonly path: string;
  readonly summary: string;
  readonly children: readonly CommandNode[];
  /** Words that an argument may be; empty: any. */
  readonly words: readonly string[];
  readonly options: readonly OptionNode[];
}

/** An option as completion scripts see it. */
export interface OptionNode {
  readonly long: string;
  readonly short?: string;
  readonly description: string;
  /** The words it may be followed by; empty: any. */
  readonly choices: readonly string[];
  readonly takesValue: boolean;
  /** Whether its value names a file or folder. */
  readonly takesFile: boolean;
}

/** The tree below a command, hidden options left out. */
export function toCommandNode(command: Command, path = ''): CommandNode {
  return {
    path,
    summary: command.summary() || command.description(),
    children: command.commands.map((child) => toCommandNode(child, `${path} ${child.name()}`.trim())),
    words: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    options: command
      .createHelp()
      .visibleOptions(command)
      .filter((option) => option.long !== undefined)
      .map(toOptionNode),
  };
}

/** All nodes of the tree, parents first. */
export function allNodes(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}

function toOptionNode(option: Option): OptionNode {
  const takesValue = option.required || option.optional;
  return {
    long: option.long ?? '',
    ...(option.short === undefined ? {} : { short: option.short }),
    description: option.description,
    choices: option.argChoices ?? [],
    takesValue,
    takesFile: takesValue && /<(?:file|dir|prefix)/.test(option.flags),
  };
}
