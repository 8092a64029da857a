import type { Place } from '@signet/verifier';
import { arrange } from './arrange.ts';
import { importClusterImagePolicy } from './formats/cluster-image-policy.ts';
import { importConnaisseur } from './formats/connaisseur.ts';
import { importKyverno } from './formats/kyverno.ts';
import { importNotation } from './formats/notation.ts';
import { type BlobStatement, importNotationBlob } from './formats/notation-blob.ts';
import { importPodman } from './formats/podman.ts';
import type { Entry, Imported, ImportFormat, ImportOptions, Loss, PolicyInput } from './model.ts';
import { type ConvertedRule, toRule } from './rule.ts';
import { writePolicy } from './write.ts';

/** A policy of Signet's, and what of the other one it does not say. */
export interface Conversion {
  /** YAML, commented. */
  readonly policy: string;
  /** Where in the other policy what stands in a line of `policy` came from, by its number from 1. */
  readonly origins: ReadonlyMap<number, Place>;
  /** In the order of the files; each stands in `policy` as a comment, too. */
  readonly losses: readonly Loss[];
}

type Importer = (inputs: readonly PolicyInput[], options: ImportOptions) => Imported;

/**
 * Another tool's trust policy as Signet's. Where something has no equal it is named, and the rule is stricter, never laxer (but for
 * what an `allow…` option says). Pure: files that a policy names are not read.
 * @throws {PolicyError} POLICY_INVALID with the place, where it is none of that kind or its own tool would refuse it
 */
export function convertPolicy(
  from: ImportFormat,
  inputs: readonly PolicyInput[],
  options: ImportOptions = {},
): Conversion {
  return writeImported(importers[from](inputs, options), inputs, [
    `Converted by signet policy convert --from ${from} from ${inputs.map(({ file }) => file).join(', ')}.`,
    'What has no equal here is marked "lost". require: never is satisfied by no signature.',
  ]);
}

/**
 * notation's policy for files as Signet's: each statement is the rule for an image that nobody has, by which it is chosen.
 * @throws {PolicyError} POLICY_INVALID with the place, where notation would refuse it
 */
export function convertBlobPolicy(
  input: PolicyInput,
  options: Pick<ImportOptions, 'trustStore' | 'brokenStores'> = {},
): Conversion & { readonly statements: readonly BlobStatement[] } {
  const { imported, statements } = importNotationBlob(input, options);
  return { ...writeImported(imported, [input], [`Read from ${input.file}.`]), statements };
}

function writeImported(imported: Imported, inputs: readonly PolicyInput[], title: readonly string[]): Conversion {
  const arranged = arrange(imported);
  const rules = withUniqueNames(arranged.map(toRule));
  const unheard = imported.entries.filter((entry) => !arranged.some(({ all }) => all.includes(entry)));
  const losses = [...imported.losses, ...unheard.flatMap(unheardLosses)];
  const all = inOrder([...losses, ...rules.flatMap((rule) => rule.losses)], inputs);
  const { text, origins } = writePolicy({ title, imported: { ...imported, losses }, rules });
  return { policy: text, origins, losses: all };
}

const importers: Readonly<Record<ImportFormat, Importer>> = {
  notation: importNotation,
  clusterimagepolicy: importClusterImagePolicy,
  kyverno: importKyverno,
  podman: importPodman,
  connaisseur: importConnaisseur,
};

/** Whose policies can be read. */
export const importFormats: readonly ImportFormat[] = [
  'notation',
  'clusterimagepolicy',
  'kyverno',
  'podman',
  'connaisseur',
];

/** Others decide about every image that the statement speaks of. */
function unheardLosses({ name, place, losses }: Entry): readonly Loss[] {
  return [...losses, { place, construct: name, why: 'never the one that decides', effect: 'unchanged' }];
}

/** Names are unique in a policy of Signet's, and plain. */
function withUniqueNames(rules: readonly ConvertedRule[]): readonly ConvertedRule[] {
  const taken = new Set<string>();
  return rules.map((rule) => {
    const plain = plainName(rule.name);
    let name = plain;
    for (let count = 2; taken.has(name); count++) name = `${plain}-${count}`;
    taken.add(name);
    return { ...rule, name };
  });
}

/** Letters, digits, dots, dashes, underscores and slashes, with room for a number. */
function plainName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._/-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return plain === '' ? 'rule' : plain.slice(0, 72);
}

/** By file and line, each once. */
function inOrder(losses: readonly Loss[], inputs: readonly PolicyInput[]): readonly Loss[] {
  const files = inputs.map(({ file }) => file);
  const once = [...new Map(losses.map((loss) => [JSON.stringify(loss), loss])).values()];
  return once.toSorted(
    (a, b) =>
      files.indexOf(a.place.file) - files.indexOf(b.place.file) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column,
  );
}
