import { allNodes, type CommandNode, type OptionNode } from './tree.ts';

/** A completion script for zsh, with descriptions. */
export function zshCompletion(root: CommandNode): string {
  return `#compdef signet
# zsh completion for signet; use it with:  source <(signet completion zsh)
${allNodes(root).map(functionOf).join('\n')}
compdef _signet signet
`;
}

function functionOf(node: CommandNode): string {
  const options = node.options.map((option) => `    ${quote(specOf(option))} \\`).join('\n');
  if (node.children.length === 0) {
    const words = node.words.length === 0 ? '*:argument:_files' : `1:argument:(${node.words.join(' ')})`;
    return `${nameOf(node.path)}() {\n  _arguments \\\n${options}\n    ${quote(words)}\n}`;
  }
  const children = node.children.map((child) => `    ${quote(`${lastOf(child)}:${child.summary}`)}`).join('\n');
  const cases = node.children.map((child) => `    ${quote(lastOf(child))}) ${nameOf(child.path)} ;;`).join('\n');
  return `${nameOf(node.path)}() {
  local -a commands=(
${children}
  )
  local state line
  _arguments -C \\
${options}
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $line[1] in
${cases}
    esac ;;
  esac
}`;
}

function specOf(option: OptionNode): string {
  const description = option.description.replaceAll(/[[\]:\\]/g, (char) => `\\${char}`);
  const value = !option.takesValue
    ? ''
    : option.choices.length > 0
      ? `:value:(${option.choices.join(' ')})`
      : option.takesFile
        ? ':file:_files'
        : ':value:';
  return `${option.long}[${description}]${value}`;
}

function nameOf(path: string): string {
  return path === '' ? '_signet' : `_signet_${path.replaceAll(/[ -]/g, '_')}`;
}

function lastOf(node: CommandNode): string {
  return node.path.split(' ').at(-1) ?? '';
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
