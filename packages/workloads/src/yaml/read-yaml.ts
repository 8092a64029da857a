import type { Node } from 'yaml';
import { isCompose, readCompose } from '../compose/read-compose.ts';
import type { ReadContext } from '../context.ts';
import { note, unread, withOrigin } from '../gathering.ts';
import { imageLikes } from '../kubernetes/image-like.ts';
import type { KindTable } from '../kubernetes/kind-table.ts';
import { isObject, readObject } from '../kubernetes/object.ts';
import { type Budget, createBudget, type Tree, textAt } from '../tree/tree.ts';
import { yamlTree } from '../tree/yaml-tree.ts';
import { yamlDocuments } from './documents.ts';
import { resolveAliases } from './resolve.ts';

/** Reads each document of a stream as what it is, before the next is parsed. @throws {WorkloadError} WORKLOAD_MALFORMED, WORKLOAD_TOO_LARGE */
export function readYaml(context: ReadContext, kinds: KindTable): void {
  const budget = createBudget(context.limits, context.options.file, context.places);
  for (const { contents, prelude } of yamlDocuments(context)) {
    if (contents === null) continue;
    const gathering = withOrigin(context.gathering, originOf(prelude));
    readDocument(treeOf(contents, context, budget), { ...context, gathering }, kinds);
  }
}

function readDocument(tree: Tree, context: ReadContext, kinds: KindTable): void {
  const wanted = context.options.kind ?? 'auto';
  if (tree.type === 'null') return;
  if (wanted !== 'compose' && isObject(tree)) {
    context.kinds.add('kubernetes');
    readObject(tree, { gathering: context.gathering, kinds });
  } else if (wanted === 'compose' || (wanted === 'auto' && isCompose(tree))) readCompose(tree, context);
  else tellUnknown(tree, context);
}

/** A document that is neither: a chart's values, a workflow. What looks like an image in it is told. */
function tellUnknown(tree: Tree, { gathering }: ReadContext): void {
  const [first] = imageLikes(tree);
  const kind = textAt(tree, 'kind') ?? '';
  const what = 'neither a Kubernetes object (apiVersion, kind) nor a Compose file (services)';
  if (first === undefined) {
    gathering.problem(note('DOCUMENT_UNKNOWN', `the document is ${what}`, { path: kind, at: tree }));
    return;
  }
  const message = `the document is ${what}, and seems to hold an image (${first.path})`;
  gathering.problem(unread('DOCUMENT_UNKNOWN', message, { path: first.path, at: first.tree }));
}

function treeOf(contents: Node, { text, places }: ReadContext, budget: Budget): Tree {
  return yamlTree(contents, { text, places, budget, aliases: resolveAliases(contents, places) });
}

/** Helm writes the name of the template that it rendered before each document. */
function originOf(prelude: string): string | undefined {
  return /^# Source: (\S[^\r\n]{0,1023})/m.exec(prelude)?.[1]?.trimEnd();
}
