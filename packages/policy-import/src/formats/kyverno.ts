import type { FormatName } from '@signet/verifier';
import { allOf, type Demand, never } from '../demand.ts';
import {
  type Conditions,
  type Entry,
  type Imported,
  type ImportOptions,
  type Loss,
  noConditions,
  type PolicyInput,
} from '../model.ts';
import type { Cursor } from '../reading.ts';
import { SourceBook } from '../source-book.ts';
import { deniedAt, entriesFor, lossAt } from '../statement.ts';
import { kindOf, nameOf, readObjects } from './kubernetes.ts';
import { annotationsOf, readAttestorSet, readLegacyKey } from './kyverno-attestors.ts';
import { translateKyverno } from './kyverno-glob.ts';
import type { KyvernoReading } from './kyverno-reading.ts';
import { readImageValidatingPolicy } from './kyverno-validating.ts';

/**
 * Kyverno's ClusterPolicy and Policy (verifyImages) and ImageValidatingPolicy: every rule that matches must pass; an image that none
 * matches is admitted. Rule: kyverno.io, "Verify Images Rules", "ImageValidatingPolicy".
 * @throws {PolicyError} POLICY_INVALID
 */
export function importKyverno(inputs: readonly PolicyInput[], options: ImportOptions): Imported {
  const book = new SourceBook();
  const losses: Loss[] = [];
  const objects = readObjects(inputs);
  const entries = objects.flatMap((object): readonly Entry[] => {
    const kind = kindOf(object);
    if (kind === 'ClusterPolicy' || kind === 'Policy') return readPolicy(object, { book, options, losses });
    if (/^(?:Namespaced)?ImageValidatingPolicy$/.test(kind))
      return readImageValidatingPolicy(object, { book, options, losses });
    losses.push(lossAt(object, kind, { why: 'no policy that verifies images', effect: 'unchanged' }));
    return [];
  });
  const [first] = objects;
  if (entries.length === 0 && first !== undefined) throw first.invalid('no rule that verifies images');
  return { sources: book.sources, renames: [], entries, order: 'all', fallback: 'allow', losses };
}

function readPolicy(object: Cursor, reading: KyvernoReading): readonly Entry[] {
  const spec = object.needField('spec');
  const action = spec.field('validationFailureAction');
  if (kindOf(object) === 'Policy')
    reading.losses.push(
      lossAt(object, 'Policy', { why: 'rules do not know namespaces: it holds for all here', effect: 'stricter' }),
    );
  const overrides = spec.field('validationFailureActionOverrides');
  if (overrides !== undefined)
    reading.losses.push(
      lossAt(overrides, 'validationFailureActionOverrides', {
        why: 'rules do not know namespaces: the action holds for all',
        effect: 'stricter',
      }),
    );
  return spec
    .needField('rules')
    .items()
    .flatMap((rule) =>
      readRule(rule, { name: nameOf(object), action, reading, isEnforcedElsewhere: overrides !== undefined }),
    );
}

interface InPolicy {
  readonly name: string;
  readonly action: Cursor | undefined;
  readonly reading: KyvernoReading;
  /** Overrides may enforce what the policy only audits. */
  readonly isEnforcedElsewhere: boolean;
}

function readRule(rule: Cursor, policy: InPolicy): readonly Entry[] {
  const verify = rule.field('verifyImages')?.items() ?? [];
  const ruleName = rule.needField('name').text();
  if (verify.length === 0) {
    policy.reading.losses.push(lossAt(rule, `rule ${ruleName}`, { why: 'verifies no images', effect: 'unchanged' }));
    return [];
  }
  const limits = ['exclude', 'preconditions', 'celPreconditions', 'context', 'imageExtractors'] as const;
  const ruleLosses = limits.flatMap((field) => {
    const value = rule.field(field);
    return value === undefined
      ? []
      : [lossAt(value, field, { why: 'rules look at images alone: it holds for all here', effect: 'stricter' })];
  });
  return verify.flatMap((each, at) => {
    const name = `${policy.name}/${ruleName}${verify.length > 1 ? `-${at + 1}` : ''}`;
    return readVerify(each, { ...policy, name, ruleLosses: at === 0 ? ruleLosses : [] });
  });
}

interface InRule extends InPolicy {
  readonly ruleLosses: readonly Loss[];
}

const verifyFields = [
  'failureAction',
  'type',
  'image',
  'imageReferences',
  'skipImageReferences',
  'key',
  'attestors',
  'attestations',
  'annotations',
  'repository',
  'cosignOCI11',
  'mutateDigest',
  'verifyDigest',
  'required',
  'imageRegistryCredentials',
  'useCache',
  'validate',
  'issuer',
  'subject',
  'roots',
  'additionalExtensions',
];

function readVerify(verify: Cursor, rule: InRule): readonly Entry[] {
  const losses: Loss[] = [...rule.ruleLosses];
  const references = [
    ...(verify.field('imageReferences')?.items() ?? []),
    ...[verify.field('image')].filter((each) => each !== undefined),
  ];
  if (references.length === 0) throw verify.invalid('imageReferences are needed');
  for (const [field, value] of verify.others(verifyFields))
    losses.push(lossAt(value, field, { why: 'not known', effect: 'unchanged' }));
  const demand = demandOf(verify, rule, losses);
  const conditions = conditionsOf(verify, losses);
  const mode = modeOf(verify, rule);
  const globs = references.map((each) => [each, translateKyverno(each)] as const);
  const skipped = (verify.field('skipImageReferences')?.items() ?? []).map(
    (each) => [each, translateKyverno(each)] as const,
  );
  const excludes = skipped
    .filter(([, { exact, namesDigest }]) => exact && !namesDigest)
    .flatMap(([, { images }]) => images);
  for (const [each, { exact, namesDigest }] of skipped)
    if (!exact || namesDigest)
      losses.push(
        lossAt(each, `skipImageReferences ${each.text()}`, {
          why: 'no pattern here says the same: it is not skipped',
          effect: 'stricter',
        }),
      );
  const entries = entriesFor({
    name: rule.name,
    mode,
    demand,
    conditions,
    place: verify.place,
    losses,
    globs,
    excludes,
  });
  return excludes.length === 0 ? entries : [...entries, skipEntry(verify, rule.name, excludes)];
}

/** Images of skipImageReferences: a rule of their own, so that they are let through unless other rules speak of them. */
function skipEntry(verify: Cursor, name: string, images: readonly string[]): Entry {
  const base = { rank: 0, mode: 'enforce', demand: { kind: 'pass' }, conditions: noConditions, losses: [] } as const;
  return { ...base, name: `${name}-skipped`, images, place: verify.needField('skipImageReferences').place };
}

function modeOf(verify: Cursor, { action, isEnforcedElsewhere }: InRule): Entry['mode'] {
  const own = (verify.field('failureAction') ?? action)?.oneOf(['Enforce', 'Audit', 'enforce', 'audit']) ?? 'Audit';
  return own.toLowerCase() === 'enforce' || isEnforcedElsewhere ? 'enforce' : 'audit';
}

function demandOf(verify: Cursor, { name, reading }: InRule, losses: Loss[]): Demand {
  const notary = verify.field('type');
  const type = notary?.oneOf(['Cosign', 'SigstoreBundle', 'Notary']) ?? 'Cosign';
  const attestations = verify.field('attestations');
  if (attestations !== undefined)
    losses.push(deniedAt(attestations, 'attestations', 'attestations are not supported yet'));
  if (type === 'Notary' && notary !== undefined)
    losses.push(deniedAt(notary, 'type Notary', 'X.509 certificates are not supported yet'));
  const issuer = verify.field('issuer');
  if (issuer !== undefined) losses.push(deniedAt(issuer, 'issuer', 'keyless signatures are not supported yet'));
  const format: FormatName = type === 'SigstoreBundle' ? 'sigstore' : 'cosign';
  const inner = { book: reading.book, options: reading.options, losses, name: name.replace(/^.*\//, ''), format };
  const sets = (verify.field('attestors')?.items() ?? []).map((set) => readAttestorSet(set, inner));
  const key = verify.field('key');
  const legacy = key === undefined ? [] : [readLegacyKey(key, inner)];
  if (attestations !== undefined || type === 'Notary' || issuer !== undefined) return never;
  if (sets.length + legacy.length === 0)
    losses.push(lossAt(verify, 'attestors', { why: 'there are none: no signature is asked for', effect: 'unchanged' }));
  return allOf([...sets, ...legacy]);
}

/** What holds for every signature of the rule. */
function conditionsOf(verify: Cursor, losses: Loss[]): Conditions {
  const where: string[] = [];
  const repository = verify.field('repository');
  if (repository !== undefined)
    losses.push(
      lossAt(repository, 'repository', { why: 'signatures are looked for beside the image only', effect: 'stricter' }),
    );
  const [mutates, verifies] = [verify.field('mutateDigest'), verify.field('verifyDigest')];
  if (mutates?.boolean() === false && verifies?.boolean() !== false) {
    where.push(`image.tag == ''`);
    losses.push(
      lossAt(mutates, 'verifyDigest', {
        why: 'a reference with a tag is refused, also where it has a digest',
        effect: 'stricter',
      }),
    );
  } else if (mutates?.boolean() === true)
    losses.push(
      lossAt(mutates, 'mutateDigest', {
        why: 'references are not changed: signet pin writes digests',
        effect: 'unchanged',
      }),
    );
  const validate = verify.field('validate');
  if (validate !== undefined)
    losses.push(lossAt(validate, 'validate', { why: 'rules look at images and signatures alone', effect: 'laxer' }));
  return { ...noConditions, annotations: annotationsOf(verify, losses), where };
}
