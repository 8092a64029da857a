import { escapeForTerminal } from '../report/escape.ts';
import type { Tree, TreeNode } from './tree.ts';

/** The tree as text, one manifest a line; everything from outside is escaped. Ends without a line end. */
export function renderTree(tree: Tree, name: string): string {
  const gaps = tree.gaps.map(({ what, code, message }) => `! ${what} ${code}: ${message}`);
  return [
    `${escapeForTerminal(name)}  ${describe(tree.root)}`,
    ...branches(tree.root.children, ''),
    ...gaps.map((gap) => escapeForTerminal(gap)),
  ].join('\n');
}

function branches(nodes: readonly TreeNode[], indent: string): readonly string[] {
  return nodes.flatMap((node, at) => {
    const isLast = at === nodes.length - 1;
    const line = `${indent}${isLast ? '└── ' : '├── '}${describe(node)}`;
    return [line, ...branches(node.children, `${indent}${isLast ? '    ' : '│   '}`)];
  });
}

function describe(node: TreeNode): string {
  const parts = [labelOf(node), node.digest, detailOf(node)].filter((part) => part !== '');
  return parts.map((part) => escapeForTerminal(part, 200)).join('  ');
}

function labelOf({ link, artifactType }: TreeNode): string {
  switch (link.kind) {
    case 'root':
      return '';
    case 'platform':
      return link.platform;
    case 'tag':
      return link.tag.slice(link.tag.lastIndexOf('.'));
    case 'referrer':
      return artifactType ?? 'no type';
  }
}

/** What a bundle says that it states, as its annotations have it. */
function detailOf({ annotations, link, layers }: TreeNode): string {
  if (link.kind === 'tag') return `${layers ?? 0} layer(s)`;
  const predicate = annotations?.['dev.sigstore.bundle.predicateType'];
  if (predicate === 'https://sigstore.dev/cosign/sign/v1') return 'says: signature';
  return predicate === undefined ? '' : `says: ${predicate}`;
}
