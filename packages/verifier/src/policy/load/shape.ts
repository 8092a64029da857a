import * as v from 'valibot';
import { didYouMean } from '../nearest.ts';
import type { Place } from '../place.ts';
import type { PolicyInput } from './input.ts';
import { type ListNode, type MapNode, type PolicyNode, toPlain } from './node.ts';
import { type Problems, quoted } from './problems.ts';
import { policySchema } from './schema.ts';
import { type Inside, insideOf } from './schema-fields.ts';
import { tellIssue } from './shape-issue.ts';
import { notYetField } from './unsupported.ts';

/** The file's content once its shape is right: fields known, types and bounds kept. Undefined otherwise; why is among the problems. */
export function checkShape(root: PolicyNode, problems: Problems): PolicyInput | undefined {
  const fields = new FieldCheck(problems);
  fields.visit({ node: root, schema: policySchema, path: [] });
  if (fields.isTooMuch || problems.isFull) return undefined;
  const result = v.safeParse(policySchema, toPlain(root));
  for (const issue of result.issues ?? []) {
    if (problems.isFull) break;
    tellIssue(issue, root, problems);
  }
  return result.success && fields.areKnown ? result.output : undefined;
}

interface Visit {
  readonly node: PolicyNode;
  readonly schema: unknown;
  /** From the root; `*` for a name that is free or an item. */
  readonly path: readonly string[];
}

/**
 * Finds what the validator does not tell, or not in time: every unknown field (it names one in each object), lists where it would take
 * one for an object, and more items than there may be (it would look at each of them first).
 */
class FieldCheck {
  areKnown = true;
  isTooMuch = false;
  private readonly problems: Problems;

  constructor(problems: Problems) {
    this.problems = problems;
  }

  visit({ node, schema, path }: Visit): void {
    if (node.kind === 'scalar' || this.problems.isFull) return;
    const inside = insideOf(schema, node.kind);
    if (inside === undefined) {
      if (node.kind === 'list') this.visitNoObject({ node, schema, path });
    } else if (inside.kind === 'items') this.visitItems(node, inside, path);
    else if (node.kind === 'map') this.visitFields(node, inside.fields, path);
  }

  /** The validator takes a list for an object. Where neither may be it says so itself. */
  private visitNoObject({ node, schema, path }: Visit): void {
    if (insideOf(schema, 'map') === undefined) return;
    const isTree = path.at(-1) === 'require' || path.at(-1) === 'signedBy';
    const hint = isTree ? 'say how many: any: […], all: […], or atLeast: … with of: […]' : undefined;
    this.areKnown = false;
    this.problems.add('a map (name: value) is expected here, not a list', node.place, { hint });
  }

  private visitItems(
    node: ListNode | MapNode,
    { item, most }: Extract<Inside, { readonly kind: 'items' }>,
    path: Visit['path'],
  ): void {
    const items = node.kind === 'list' ? node.items : [...node.entries.values()].map(({ value }) => value);
    if (most !== undefined && items.length > most.count) {
      this.isTooMuch = true;
      this.problems.add(most.message, node.place);
      return;
    }
    for (const each of items) this.visit({ node: each, schema: item, path: [...path, '*'] });
  }

  private visitFields(node: MapNode, fields: ReadonlyMap<string, unknown>, path: Visit['path']): void {
    for (const [name, { place, value }] of node.entries) {
      if (fields.has(name)) {
        this.visit({ node: value, schema: fields.get(name), path: [...path, name] });
        continue;
      }
      this.areKnown = false;
      tellUnknown({ name, place, path, known: [...fields.keys()] }, this.problems);
    }
  }
}

interface UnknownField {
  readonly name: string;
  readonly place: Place;
  readonly path: readonly string[];
  readonly known: readonly string[];
}

function tellUnknown({ name, place, path, known }: UnknownField, problems: Problems): void {
  const notYet = notYetField([...path, name]);
  if (notYet !== undefined) problems.add(notYet, place, { code: 'POLICY_UNSUPPORTED' });
  else problems.add(`unknown field ${quoted(name)}`, place, { hint: () => hintFor(name, known) });
}

function hintFor(name: string, known: readonly string[]): string {
  return didYouMean(name, known) ?? `fields here: ${known.join(', ')}`;
}
