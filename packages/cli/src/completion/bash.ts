import { allNodes, type CommandNode } from './tree.ts';

/** A completion script for bash: words by command, choices by option, files elsewhere. */
export function bashCompletion(root: CommandNode): string {
  const nodes = allNodes(root);
  return `# bash completion for signet; use it with:  source <(signet completion bash)
_signet() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" words="" at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${path:+$path }\${COMP_WORDS[at]}" in
${nodes
  .filter((node) => node.path !== '')
  .map((node) => `      ${quote(node.path)}) path=${quote(node.path)} ;;`)
  .join('\n')}
    esac
  done
  case "$path:$previous" in
${choiceCases(nodes)}
  esac
  case "$path" in
${nodes.map((node) => `    ${quote(node.path)}) words=${quote(wordsOf(node).join(' '))} ;;`).join('\n')}
  esac
  if [[ $word == -* || -z $path || $path == key || $path == registry || $path == completion ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _signet signet
`;
}

function choiceCases(nodes: readonly CommandNode[]): string {
  return nodes
    .flatMap((node) =>
      node.options
        .filter((option) => option.choices.length > 0)
        .map((option) => {
          const names = [option.long, ...(option.short === undefined ? [] : [option.short])];
          const pattern = names.map((name) => quote(`${node.path}:${name}`)).join('|');
          return `    ${pattern}) COMPREPLY=($(compgen -W ${quote(option.choices.join(' '))} -- "$word")); return ;;`;
        }),
    )
    .join('\n');
}

function wordsOf(node: CommandNode): readonly string[] {
  return [
    ...node.children.map((child) => child.path.split(' ').at(-1) ?? ''),
    ...node.words,
    ...node.options.map((option) => option.long),
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
