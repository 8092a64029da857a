import * as v from 'valibot';
import { didYouMean } from '../nearest.ts';
import type { Place } from '../rule.ts';
import type { PolicyInput } from './input.ts';
import { type MapNode, type PolicyNode, toPlain } from './node.ts';
import { type Problems, quoted } from './problems.ts';
import { policySchema } from './schema.ts';
import { type Inside, insideOf } from './schema-fields.ts';
import { tellIssue } from './shape-issue.ts';
import { notYetField } from './unsupported.ts';

/** The file's content once its shape is right: fields known, types and bounds kept. Undefined otherwise; why is among the problems. */
export function checkShape(root: PolicyNode, problems: Problems): PolicyInput | undefined {
  const areFieldsKnown = checkFields({ node: root, schema: policySchema, path: [] }, problems);
  const result = v.safeParse(policySchema, toPlain(root));
  for (const issue of result.issues ?? []) tellIssue(issue, root, problems);
  return result.success && areFieldsKnown ? result.output : undefined;
}

interface Visit {
  readonly node: PolicyNode;
  readonly schema: unknown;
  /** From the root; `*` for a name that is free or an item. */
  readonly path: readonly string[];
}

/** Finds every unknown field (the validator names one in each object), and lists where it would take one for an object. */
function checkFields({ node, schema, path }: Visit, problems: Problems): boolean {
  if (node.kind === 'scalar') return true;
  const inside = insideOf(schema, node.kind);
  if (inside === undefined) return node.kind === 'map' || checkIsNoObject({ node, schema, path }, problems);
  if (node.kind === 'map') return checkMap({ node, inside, path }, problems);
  const item = inside.kind === 'items' ? inside.item : undefined;
  return node.items
    .map((each) => checkFields({ node: each, schema: item, path: [...path, '*'] }, problems))
    .every(Boolean);
}

/** The validator takes a list for an object. Where neither may be it says so itself. */
function checkIsNoObject({ node, schema, path }: Visit, problems: Problems): boolean {
  if (insideOf(schema, 'map') === undefined) return true;
  const hint = path.at(-1) === 'require' ? 'say how many: any: […], all: […], or atLeast: … with of: […]' : undefined;
  problems.add('a map (name: value) is expected here, not a list', node.place, { hint });
  return false;
}

interface MapVisit {
  readonly node: MapNode;
  readonly inside: Inside;
  readonly path: readonly string[];
}

function checkMap({ node, inside, path }: MapVisit, problems: Problems): boolean {
  const checked = [...node.entries].map(([name, { place, value }]) => {
    if (inside.kind === 'items')
      return checkFields({ node: value, schema: inside.item, path: [...path, '*'] }, problems);
    const schema = inside.fields.get(name);
    if (schema !== undefined) return checkFields({ node: value, schema, path: [...path, name] }, problems);
    tellUnknown({ name, place, path, known: [...inside.fields.keys()] }, problems);
    return false;
  });
  return checked.every(Boolean);
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
  else problems.add(`unknown field ${quoted(name)}`, place, { hint: hintFor(name, known) });
}

function hintFor(name: string, known: readonly string[]): string {
  return didYouMean(name, known) ?? `fields here: ${known.join(', ')}`;
}
