import { isDeepStrictEqual } from 'node:util';
import { type Document, isScalar, isSeq, parseDocument } from 'yaml';
import { PolicyError } from '../../errors.ts';
import {
  appendItem,
  appendPair,
  applyEdits,
  listOf,
  mapOf,
  memberOf,
  nameOf,
  removeItem,
  removePair,
  replaceNode,
  type TextEdit,
  uneditable,
} from './text-edit.ts';

/** A signer who comes: his keys, and the rules that ask for him from now on. */
export interface NewSigner {
  readonly name: string;
  /** As they are to stand in the file: paths from its folder. */
  readonly keys: readonly string[];
  /** Names of rules, or a pattern of theirs. */
  readonly rules: readonly string[];
}

/** A policy file that was changed. */
export interface EditedPolicy {
  readonly text: string;
  /** What was done, a line each. */
  readonly changes: readonly string[];
}

/**
 * A policy file with a source of trust more, or a source with keys more, and rules that ask for it beside what they ask for. Everything else
 * stays as it was written, comments too.
 * @throws {PolicyError} POLICY_INVALID for a rule that is not there; POLICY_UNSUPPORTED for what is written in a way that is not changed here
 */
export function addSigner(text: string, { name, keys, rules }: NewSigner): EditedPolicy {
  const draft = openDraft(text);
  addKeys(draft, name, keys);
  for (const rule of rules) addToRule(draft, rule, name);
  return closeDraft(draft, name);
}

/**
 * A policy file without a source of trust, and without it in every requirement; or, with `keys`, a source without those.
 * @throws {PolicyError} POLICY_INVALID for what is not there, or where a requirement would have nobody, or too few, left; POLICY_UNSUPPORTED
 */
export function removeSigner(text: string, name: string, keys: readonly string[] = []): EditedPolicy {
  const draft = openDraft(text);
  const source = memberOf(memberOf(draft.root, 'trust'), name);
  if (source === undefined)
    throw new PolicyError('POLICY_INVALID', `there is no source of trust ${JSON.stringify(name)} in this file`);
  if (keys.length > 0) removeKeys(draft, name, keys);
  else {
    for (const [what, require] of requirementsOf(draft)) removeFrom(draft, require, { what, name });
    draft.edits.push(removePair(draft.text, mapOf(memberOf(draft.root, 'trust')), name));
    draft.changes.push(`source ${name}: removed`);
  }
  return closeDraft(draft, name);
}

interface Draft {
  readonly text: string;
  /** How a text is written there: all quoted in JSON, in YAML what has to be. */
  readonly written: (text: string) => string;
  readonly root: Document['contents'];
  readonly edits: TextEdit[];
  readonly changes: string[];
}

function openDraft(text: string): Draft {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new PolicyError('POLICY_INVALID', error.message.split('\n', 1)[0] ?? 'not YAML');
  const written = text.trimStart().startsWith('{') ? (each: string) => JSON.stringify(each) : textOf;
  return { text, written, root: mapOf(document.contents), edits: [], changes: [] };
}

/** What came of it is read again: an edit that changed anything but this signer is none, nor is one that lost a comment. */
function closeDraft({ text, edits, changes }: Draft, name: string): EditedPolicy {
  const edited = applyEdits(text, edits);
  const [before, after] = [parseDocument(text), parseDocument(edited)];
  if (
    after.errors.length > 0 ||
    !isDeepStrictEqual(withoutSigner(before.toJS(), name), withoutSigner(after.toJS(), name))
  )
    throw uneditable('something that cannot be changed in place');
  return { text: edited, changes };
}

interface Tree {
  readonly [field: string]: unknown;
}

/** A policy as plain data without anything of this signer. */
function withoutSigner(policy: Tree, name: string): unknown {
  const {
    trust = {},
    rules = [],
    catalogues = {},
    ...others
  } = policy as {
    readonly trust?: Tree;
    readonly rules?: readonly Tree[];
    readonly catalogues?: Readonly<Record<string, Tree>>;
  };
  const { [name]: _, ...sources } = trust;
  const pruned = (of: Tree, field: string): Tree => ({ ...of, [field]: pruneRequirement(of[field], name) });
  return {
    ...others,
    trust: sources,
    rules: rules.map((rule) => pruned(rule, 'require')),
    catalogues: Object.fromEntries(Object.entries(catalogues).map(([key, each]) => [key, pruned(each, 'signedBy')])),
  };
}

/** A requirement without the name; `any` of one is that one, and nobody is nothing. */
function pruneRequirement(require: unknown, name: string): unknown {
  if (require === name || require === 'never') return undefined;
  if (typeof require !== 'object' || require === null) return require;
  const tree = Object.fromEntries(
    Object.entries(require).map(([field, value]) => [
      field,
      Array.isArray(value)
        ? value.map((each) => pruneRequirement(each, name)).filter((each) => each !== undefined)
        : value,
    ]),
  );
  return Array.isArray(tree.any) && tree.any.length <= 1 ? tree.any[0] : tree;
}

function addKeys(draft: Draft, name: string, keys: readonly string[]): void {
  const trust = memberOf(draft.root, 'trust');
  const source = memberOf(trust, name);
  if (source === undefined) {
    const { text, written } = draft;
    const value = `{ ${written('keys')}: [${keys.map(written).join(', ')}] }`;
    draft.edits.push(
      trust === undefined
        ? appendPair(text, mapOf(draft.root), written('trust'), `{ ${written(name)}: ${value} }`)
        : appendPair(text, mapOf(trust), written(name), value),
    );
    draft.changes.push(`source ${name}: new, with ${keys.join(', ')}`);
    return;
  }
  const list = listOf(memberOf(source, 'keys'));
  const there = valuesOf(list);
  for (const key of keys.filter((each) => !there.includes(each))) {
    draft.edits.push(appendItem(draft.text, list, draft.written(key)));
    draft.changes.push(`source ${name}: ${key} added`);
  }
}

function removeKeys(draft: Draft, name: string, keys: readonly string[]): void {
  const list = listOf(memberOf(memberOf(memberOf(draft.root, 'trust'), name), 'keys'));
  const items = valuesOf(list);
  for (const key of keys) {
    const at = items.indexOf(key);
    if (at === -1)
      throw new PolicyError('POLICY_INVALID', `the source ${JSON.stringify(name)} has no key ${JSON.stringify(key)}`);
    if (list.items.length <= keys.length)
      throw new PolicyError('POLICY_INVALID', `the source ${JSON.stringify(name)} would have no key left`, {
        hint: 'without --key the whole signer is removed',
      });
    draft.edits.push(removeItem(draft.text, list, at));
    draft.changes.push(`source ${name}: ${key} removed`);
  }
}

function addToRule(draft: Draft, wanted: string, name: string): void {
  const found = rulesOf(draft).filter((rule) => isRule(rule, wanted));
  const [rule, another] = found;
  if (rule === undefined || another !== undefined)
    throw new PolicyError(
      'POLICY_INVALID',
      `${rule === undefined ? 'no rule' : 'more than one rule'} of this file has the name or the pattern ${JSON.stringify(wanted)}`,
    );
  const require = memberOf(rule, 'require');
  if (namesIn(require).includes(name)) return;
  draft.edits.push(widened(draft, mapOf(rule), require, name));
  draft.changes.push(`rule ${wanted}: asks for ${name}, too`);
}

function isRule(rule: unknown, wanted: string): boolean {
  const [name, images] = [memberOf(rule, 'name'), memberOf(rule, 'images')];
  if (isScalar(name) && name.value === wanted) return true;
  return isSeq(images) && images.items.some((item) => isScalar(item) && item.value === wanted);
}

/** A list of a tree takes the name as one more branch; a single name becomes a list of two, any of which suffices. */
function widened(draft: Draft, rule: ReturnType<typeof mapOf>, require: unknown, name: string): TextEdit {
  const own = draft.written(name);
  if (require === undefined) return appendPair(draft.text, rule, draft.written('require'), own);
  if (isScalar(require)) {
    if (require.value === 'never') return replaceNode(require, own);
    return replaceNode(require, `{ ${draft.written('any')}: [${draft.written(String(require.value))}, ${own}] }`);
  }
  return appendItem(draft.text, listOf(branchesOf(require)[0]), own);
}

/** All requirements of a file, with what they are called. */
function requirementsOf(draft: Draft): readonly (readonly [what: string, require: unknown])[] {
  const catalogues = memberOf(draft.root, 'catalogues');
  const ofRules = rulesOf(draft).map((rule, at): readonly [string, unknown] => {
    const name = memberOf(rule, 'name');
    return [`rule ${isScalar(name) ? String(name.value) : at + 1}`, memberOf(rule, 'require')];
  });
  const ofCatalogues = catalogues === undefined ? [] : mapOf(catalogues).items;
  return [
    ...ofRules,
    ...ofCatalogues.map((pair): readonly [string, unknown] => [
      `catalogue ${nameOf(pair)}`,
      memberOf(pair.value, 'signedBy'),
    ]),
  ];
}

function removeFrom(
  draft: Draft,
  require: unknown,
  { what, name }: { readonly what: string; readonly name: string },
): void {
  if (!namesIn(require).includes(name)) return;
  if (isScalar(require))
    throw new PolicyError('POLICY_INVALID', `${what} asks for ${JSON.stringify(name)} alone: nobody would be left`, {
      hint: 'let it ask for somebody else first: signet policy signer add --rule',
    });
  const count = memberOf(require, 'atLeast');
  const list = listOf(branchesOf(require)[0]);
  const own = list.items.flatMap((item, at) => (isScalar(item) && item.value === name ? [at] : []));
  const left = list.items.length - own.length;
  if (left < (isScalar(count) ? Number(count.value) : 1))
    throw new PolicyError('POLICY_INVALID', `${what} would have ${left} branches left, which are too few`);
  for (const at of own) draft.edits.push(removeItem(draft.text, list, at));
  if (own.length > 0) draft.changes.push(`${what}: does not ask for ${name} any more`);
  for (const item of list.items) if (!isScalar(item)) removeFrom(draft, item, { what, name });
}

/** Names of sources in a requirement. */
function namesIn(require: unknown): readonly string[] {
  if (isScalar(require)) return [String(require.value)];
  return branchesOf(require).flatMap((list) => (isSeq(list) ? list.items.flatMap(namesIn) : []));
}

/** The lists of branches of a tree: one, in a requirement that loads. */
function branchesOf(require: unknown): readonly unknown[] {
  return ['any', 'all', 'of'].map((field) => memberOf(require, field)).filter((list) => list !== undefined);
}

function rulesOf({ root }: Draft): readonly unknown[] {
  const rules = memberOf(root, 'rules');
  return isSeq(rules) ? rules.items : [];
}

/** Of the items of a list; undefined for one that is no scalar. */
function valuesOf({ items }: ReturnType<typeof listOf>): readonly unknown[] {
  return items.map((item) => (isScalar(item) ? item.value : undefined));
}

/** A text in a flow collection: plain where nothing in it has a meaning. */
function textOf(text: string): string {
  const isPlain =
    /^[A-Za-z0-9_./][\w./-]*$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|y|n|never|\.nan|\.inf|[\d.]+)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
