import { onlyInput } from '../inputs.ts';
import type { Entry, Imported, ImportOptions, Loss, PolicyInput } from '../model.ts';
import { type Cursor, readDocument } from '../reading.ts';
import { SourceBook } from '../source-book.ts';
import { entriesFor, lossAt } from '../statement.ts';
import { ranksOf, translateConnaisseur } from './connaisseur-pattern.ts';
import { readRuleTrust, validatorsOf } from './connaisseur-validators.ts';

/**
 * Connaisseur's Helm values (`application:`, or what stands in it): the most specific pattern decides; without one the image is refused.
 * Rule: Connaisseur docs, "Basics", "Image policy".
 * @throws {PolicyError} POLICY_INVALID
 */
export function importConnaisseur(inputs: readonly PolicyInput[], options: ImportOptions): Imported {
  const root = readDocument(onlyInput(inputs));
  const application = root.field('application') ?? root;
  const book = new SourceBook();
  const losses: Loss[] = [];
  const validators = validatorsOf(application.needField('validators'));
  const rules = application.needField('policy').items();
  if (rules.length === 0) throw application.needField('policy').invalid('a rule is needed');
  const mode = readFeatures(application, losses);
  const ranks = ranksOf(rules.map((rule) => rule.needField('pattern').text()));
  const parts = rules.map((rule, at) => ({
    rule,
    rank: ranks[at] ?? 0,
    trust: readRuleTrust(rule, validators, { book, options }),
  }));
  // A rule that begins with a star and asks for little would take over what `HOST/…` matches of other hosts.
  const isOpen = parts.some(
    ({ rule, trust }) => rule.needField('pattern').text().startsWith('*') && trust.demand.kind !== 'never',
  );
  const entries = parts.flatMap(({ rule, rank, trust }): readonly Entry[] => {
    const pattern = rule.needField('pattern');
    const glob = translateConnaisseur(pattern, isOpen);
    const isNarrow = isOpen && !pattern.text().startsWith('*');
    const extra = [...(glob.namesDigest ? [digestLoss(pattern)] : []), ...(isNarrow ? [prefixLoss(pattern)] : [])];
    const made = entriesFor({
      name: pattern.text(),
      rank,
      mode,
      demand: trust.demand,
      place: rule.place,
      losses: [...trust.losses, ...extra],
      globs: [[pattern, glob]],
    });
    return glob.namesDigest ? made.map((entry) => ({ ...entry, isExtra: true as const })) : made;
  });
  return { sources: book.sources, renames: [], entries, order: 'ranked', fallback: 'deny', losses };
}

function prefixLoss(pattern: Cursor): Loss {
  const why = 'is read as a whole name: other names that hold it after a slash meet the wider rules';
  return lossAt(pattern, `pattern ${pattern.text()}`, { why, effect: 'laxer' });
}

function digestLoss(pattern: Cursor): Loss {
  const why = 'matches a tag too that names this digest; what wider patterns ask is therefore asked as well';
  return lossAt(pattern, `pattern ${pattern.text()}`, { why, effect: 'stricter' });
}

/** Features that change which images are admitted; gives the mode of all rules. */
function readFeatures(application: Cursor, losses: Loss[]): Entry['mode'] {
  const features = application.field('features');
  if (features === undefined) return 'enforce';
  const isDetecting = features.field('detectionMode')?.boolean() === true;
  const namespaced = features.field('namespacedValidation');
  if (namespaced !== undefined)
    losses.push(
      lossAt(namespaced, 'namespacedValidation', {
        why: 'rules do not know namespaces: they hold for all',
        effect: 'stricter',
      }),
    );
  const unchanged = features.field('automaticUnchangedApproval');
  if (unchanged?.boolean() === true)
    losses.push(
      lossAt(unchanged, 'automaticUnchangedApproval', { why: 'every image is verified', effect: 'stricter' }),
    );
  return isDetecting ? 'warn' : 'enforce';
}
