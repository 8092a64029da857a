import { anyOf, bySource, type Demand, never, pass } from '../demand.ts';
import { type GlobPiece, type Translated, translateGlob } from '../glob.ts';
import { pemBlocks } from '../keys.ts';
import type { Entry, Imported, ImportOptions, Loss, PolicyInput } from '../model.ts';
import type { Cursor } from '../reading.ts';
import { SourceBook } from '../source-book.ts';
import { deniedAt, entriesFor, logLoss, lossAt } from '../statement.ts';
import { kindOf, nameOf, readObjects } from './kubernetes.ts';

/** What reading an authority needs. */
interface Reading {
  readonly book: SourceBook;
  readonly options: ImportOptions;
  readonly losses: Loss[];
}

/**
 * sigstore policy-controller's ClusterImagePolicy, v1alpha1 and v1beta1: of the policies whose globs match, all must pass; of a policy's
 * authorities one. Its ConfigMap config-policy-controller says what becomes of other images. Rule: docs.sigstore.dev, "Policy Controller".
 * @throws {PolicyError} POLICY_INVALID also for what the webhook refuses
 */
export function importClusterImagePolicy(inputs: readonly PolicyInput[], options: ImportOptions): Imported {
  const book = new SourceBook();
  const losses: Loss[] = [];
  const entries: Entry[] = [];
  let noMatch: string | undefined;
  const objects = readObjects(inputs);
  for (const object of objects) {
    const kind = kindOf(object);
    if (kind === 'ClusterImagePolicy') entries.push(...readPolicy(object, book, options));
    else if (isConfiguration(object))
      noMatch = object.field('data')?.field('no-match-policy')?.oneOf(['deny', 'warn', 'allow']) ?? noMatch;
    else losses.push(lossAt(object, kind, { why: 'not a ClusterImagePolicy', effect: 'unchanged' }));
  }
  const [first] = objects;
  if (entries.length === 0 && first !== undefined) throw first.invalid('no ClusterImagePolicy that matches an image');
  return {
    sources: book.sources,
    renames: [],
    entries,
    order: 'all',
    fallback: noMatch === 'allow' || noMatch === 'warn' ? 'allow' : 'deny',
    losses,
  };
}

function readPolicy(object: Cursor, book: SourceBook, options: ImportOptions): readonly Entry[] {
  const name = nameOf(object);
  const spec = object.needField('spec');
  const images = spec.needField('images').items();
  if (images.length === 0) throw spec.needField('images').invalid('an image is needed');
  const losses: Loss[] = [];
  const reading = { book, options, losses };
  const authorities = spec.field('authorities')?.items() ?? [];
  const demands = authorities.map((authority, at) =>
    readAuthority(authority, `${name}-${authority.field('name')?.text() ?? at}`, reading),
  );
  if (authorities.length === 0)
    losses.push(
      lossAt(spec, 'authorities', {
        why: 'there are none: as the controller does by default, nothing is admitted',
        effect: 'unchanged',
      }),
    );
  const limits = [...checkPolicy(spec), ...checkMatch(spec)];
  losses.push(
    ...limits,
    ...spec
      .others(['images', 'authorities', 'policy', 'mode', 'match'])
      .map(([field, value]) => lossAt(value, field, { why: 'not known', effect: 'unchanged' })),
  );
  const mode = spec.field('mode')?.oneOf(['enforce', 'warn']) ?? 'enforce';
  const demand = limits.some(({ effect }) => effect === 'denied') ? never : anyOf(demands);
  const globs = images.map((image): readonly [Cursor, Translated] => [
    image.needField('glob'),
    translateCip(image.needField('glob')),
  ]);
  return entriesFor({ name, mode, demand, place: object.place, losses, globs });
}

function checkPolicy(spec: Cursor): readonly Loss[] {
  const policy = spec.field('policy');
  return policy === undefined
    ? []
    : [deniedAt(policy, 'policy', 'policies in CUE and Rego over verified signatures have no equal')];
}

/** An image that only other policies match is refused there: to match more images here could be laxer. */
function checkMatch(spec: Cursor): readonly Loss[] {
  const match = spec.field('match');
  if (match === undefined || match.items().length === 0) return [];
  return [
    deniedAt(
      match,
      'match',
      'rules do not know the kinds and labels of resources; other resources would be admitted too',
    ),
  ];
}

const authorityFields = [
  'name',
  'key',
  'keyless',
  'static',
  'source',
  'ctlog',
  'attestations',
  'rfc3161timestamp',
  'signatureFormat',
];

function readAuthority(authority: Cursor, name: string, reading: Reading): Demand {
  const { losses } = reading;
  const kinds = (['key', 'keyless', 'static'] as const).filter((kind) => authority.field(kind) !== undefined);
  const [kind, more] = kinds;
  if (kind === undefined || more !== undefined)
    throw authority.invalid('exactly one of key, keyless, static is expected');
  const path = authority.path.replace(/^.*spec\./, '');
  for (const [field, value] of authority.others(authorityFields))
    losses.push(lossAt(value, `${path}.${field}`, { why: 'not known', effect: 'unchanged' }));
  if (kind === 'static')
    return authority.needField('static').needField('action').oneOf(['pass', 'fail']) === 'pass' ? pass : never;
  if (kind === 'keyless') {
    losses.push(
      deniedAt(authority.needField('keyless'), `${path}.keyless`, 'keyless signatures are not supported yet'),
    );
    return never;
  }
  const key = readKey(authority.needField('key'), `${path}.key`, losses);
  const isLimited = readLimits(authority, path, reading);
  const format = authority.field('signatureFormat')?.text() === 'bundle' ? 'sigstore' : 'cosign';
  return key === undefined || isLimited ? never : bySource(reading.book.nameOf({ keys: [key], format }, name));
}

/** The one key of an authority, as PEM; undefined where it is not in the file. */
function readKey(key: Cursor, path: string, losses: Loss[]): string | undefined {
  const kinds = (['data', 'secretRef', 'kms'] as const).filter((kind) => key.field(kind) !== undefined);
  const [kind, more] = kinds;
  if (kind === undefined || more !== undefined) throw key.invalid('exactly one of data, secretRef, kms is expected');
  const hash = key.field('hashAlgorithm');
  if (hash !== undefined && hash.text() !== 'sha256')
    losses.push(
      lossAt(hash, `${path}.hashAlgorithm`, { why: 'the key alone chooses the algorithm', effect: 'stricter' }),
    );
  if (kind === 'data') return pemBlocks(key.needField('data'))[0];
  const why =
    kind === 'kms'
      ? 'keys in a KMS are not read by policies: export the public key'
      : 'the key is in a secret: name a file with it instead';
  losses.push(deniedAt(key.needField(kind), `${path}.${kind}`, why));
  return undefined;
}

/** What an authority asks for beside the signature; true where it cannot be asked for, and must not be left out. */
function readLimits(authority: Cursor, path: string, { options, losses }: Reading): boolean {
  const attestations = authority.field('attestations');
  const time = authority.field('rfc3161timestamp');
  const log = authority.field('ctlog');
  const source = authority.field('source');
  if (attestations !== undefined)
    losses.push(deniedAt(attestations, `${path}.attestations`, 'attestations are not supported yet'));
  if (time !== undefined) losses.push(deniedAt(time, `${path}.rfc3161timestamp`, 'timestamps are not supported yet'));
  if (source !== undefined)
    losses.push(
      lossAt(source, `${path}.source`, { why: 'signatures are looked for beside the image only', effect: 'stricter' }),
    );
  if (log !== undefined) losses.push(logLoss(log, `${path}.ctlog`, options));
  const isLogNeeded = log !== undefined && options.allowWithoutLog !== true;
  return attestations !== undefined || time !== undefined || isLogNeeded;
}

/** Rule: policy-controller pkg/apis/glob. */
function translateCip(cursor: Cursor): Translated {
  const glob = cursor.text();
  if (!/^[a-zA-Z0-9\-_:/*.@]+$/.test(glob)) throw cursor.invalid('not a glob');
  const full = glob === '*' ? 'index.docker.io/library/*' : glob === '*/*' ? 'index.docker.io/*/*' : glob;
  const pieces = (full.match(/\*\*|\*|[^*]+/g) ?? []).map(
    (piece): GlobPiece =>
      piece === '**' ? { kind: 'any' } : piece === '*' ? { kind: 'inPart' } : { kind: 'text', text: piece },
  );
  return translateGlob(pieces, { dockerHub: 'index.docker.io', matchesUntagged: true, shortNames: true });
}

function isConfiguration(object: Cursor): boolean {
  const isMap = kindOf(object) === 'ConfigMap';
  return isMap && object.field('metadata')?.field('name')?.text() === 'config-policy-controller';
}
