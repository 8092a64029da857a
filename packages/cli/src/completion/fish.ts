import { allNodes, type CommandNode, type OptionNode } from './tree.ts';

/** A completion script for fish, with descriptions. */
export function fishCompletion(root: CommandNode): string {
  const lines = allNodes(root).flatMap((node) => [
    ...node.children.map((child) => line(whenIn(node), ['-f', '-a', lastOf(child), '-d', child.summary])),
    ...node.words.map((word) => line(whenIn(node), ['-f', '-a', word])),
    ...node.options.map((option) => line(whenIn(node), optionWords(option))),
  ]);
  return `# fish completion for signet; use it with:  signet completion fish | source\n${lines.join('\n')}\n`;
}

/** The condition under which words of this node are offered. */
function whenIn(node: CommandNode): string {
  if (node.path === '') return '__fish_use_subcommand';
  const seen = node.path
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
  const children = node.children.map(lastOf);
  return children.length === 0 ? seen : `${seen}; and not __fish_seen_subcommand_from ${children.join(' ')}`;
}

function optionWords(option: OptionNode): readonly string[] {
  return [
    '-l',
    option.long.replace(/^--/, ''),
    ...(option.short === undefined ? [] : ['-s', option.short.replace(/^-/, '')]),
    ...(option.takesValue ? ['-r'] : []),
    ...(option.choices.length > 0 ? ['-f', '-a', option.choices.join(' ')] : []),
    '-d',
    option.description,
  ];
}

function line(condition: string, words: readonly string[]): string {
  return `complete -c signet -n ${quote(condition)} ${words.map((word) => (/^-[a-z]$/.test(word) ? word : quote(word))).join(' ')}`;
}

function lastOf(node: CommandNode): string {
  return node.path.split(' ').at(-1) ?? '';
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
