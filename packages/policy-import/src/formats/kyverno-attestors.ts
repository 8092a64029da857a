import type { FormatName } from '@signet/verifier';
import { atLeast, bySource, type Demand, never } from '../demand.ts';
import { pemBlocks } from '../keys.ts';
import type { ImportOptions, Loss } from '../model.ts';
import type { Cursor } from '../reading.ts';
import type { SourceBook } from '../source-book.ts';
import { deniedAt, logLoss, lossAt } from '../statement.ts';

/** What reading attestors needs. */
export interface AttestorReading {
  readonly book: SourceBook;
  readonly options: ImportOptions;
  readonly losses: Loss[];
  /** Hint for the names of sources. */
  readonly name: string;
  /** What the rule reads. */
  readonly format: FormatName;
}

/** `count` of the entries, all where there is none; several PEM keys are several entries. @throws {PolicyError} POLICY_INVALID */
export function readAttestorSet(set: Cursor, reading: AttestorReading): Demand {
  const entries = set.needField('entries').items();
  if (entries.length === 0) throw set.invalid('an entry is needed');
  const demands = entries.flatMap((entry) => readEntry(entry, reading));
  const count = set.field('count')?.count(0) ?? 0;
  if (count > entries.length && count > demands.length)
    throw set.needField('count').invalid('more than there are entries');
  for (const [field, value] of set.others(['count', 'entries'])) unknown(field, value, reading);
  return atLeast(count === 0 ? demands.length : count, demands);
}

/** The one key of the older form, `key`. */
export function readLegacyKey(key: Cursor, reading: AttestorReading): Demand {
  reading.losses.push(logLoss(key, 'key', { ...reading.options, unless: unlessIgnored }));
  return reading.options.allowWithoutLog === true ? atLeast(1, keysOf(key, reading)) : never;
}

/** `annotations` that a signature must have. @throws {PolicyError} POLICY_INVALID */
export function annotationsOf(cursor: Cursor, losses: Loss[]): Readonly<Record<string, string>> {
  const fields = cursor.field('annotations')?.fields() ?? [];
  for (const [name, value] of fields) {
    if (/\$\{|\{\{/.test(value.text()))
      losses.push(deniedAt(value, `annotations.${name}`, 'a value with a variable in it: no signature has it'));
  }
  // Signet would read ${…} as a variable of its own: broken up it is a text that nothing is signed with.
  return Object.fromEntries(fields.map(([name, value]) => [name, value.text().replaceAll('${', '$ {')]));
}

/** Kyverno asks for an entry in the log unless this says otherwise. */
const unlessIgnored = 'rekor.ignoreTlog';
const entryFields = ['keys', 'certificates', 'keyless', 'attestor', 'annotations', 'repository', 'signatureAlgorithm'];

function readEntry(entry: Cursor, reading: AttestorReading): readonly Demand[] {
  const { losses } = reading;
  const [kind, more] = (['keys', 'certificates', 'keyless', 'attestor'] as const).filter(
    (each) => entry.field(each) !== undefined,
  );
  if (kind === undefined || more !== undefined)
    throw entry.invalid('exactly one of keys, certificates, keyless, attestor is expected');
  for (const [field, value] of entry.others(entryFields)) unknown(field, value, reading);
  const repository = entry.field('repository');
  if (repository !== undefined)
    losses.push(
      lossAt(repository, 'repository', { why: 'signatures are looked for beside the image only', effect: 'stricter' }),
    );
  const annotations = entry.field('annotations');
  if (annotations !== undefined && annotations.fields().length > 0) {
    losses.push(deniedAt(annotations, 'annotations', 'annotations of one attestor: here they hold for a whole rule'));
    return [never];
  }
  if (kind === 'attestor') return [readAttestorSet(entry.needField('attestor'), reading)];
  if (kind === 'keys') return readKeys(entry.needField('keys'), reading);
  const why =
    kind === 'keyless' ? 'keyless signatures are not supported yet' : 'X.509 certificates are not supported yet';
  losses.push(deniedAt(entry.needField(kind), kind, why));
  return [never];
}

function readKeys(keys: Cursor, reading: AttestorReading): readonly Demand[] {
  const { losses } = reading;
  for (const [field, value] of keys.others(['publicKeys', 'signatureAlgorithm', 'kms', 'secret', 'rekor', 'ctlog']))
    unknown(field, value, reading);
  for (const field of ['kms', 'secret'] as const) {
    const value = keys.field(field);
    if (value === undefined) continue;
    losses.push(deniedAt(value, `keys.${field}`, 'the key is not in the file: name a file with it instead'));
    return [never];
  }
  const algorithm = keys.field('signatureAlgorithm');
  if (algorithm !== undefined && algorithm.text() !== 'sha256')
    losses.push(
      lossAt(algorithm, 'keys.signatureAlgorithm', { why: 'the key alone chooses the algorithm', effect: 'stricter' }),
    );
  const rekor = keys.field('rekor');
  const ignoresLog = rekor?.field('ignoreTlog')?.boolean() === true;
  if (!ignoresLog) {
    const construct = rekor === undefined ? 'keys' : 'keys.rekor';
    losses.push(logLoss(rekor ?? keys, construct, { ...reading.options, unless: unlessIgnored }));
  }
  const publicKeys = keys.needField('publicKeys');
  if (ignoresLog || reading.options.allowWithoutLog === true) return keysOf(publicKeys, reading);
  const isInFile = publicKeys.text().includes('-----BEGIN');
  return isInFile ? pemBlocks(publicKeys).map(() => never) : [never];
}

/** Each PEM key by itself; what names a key elsewhere is satisfied by nothing. */
function keysOf(cursor: Cursor, { book, losses, name, format }: AttestorReading): readonly Demand[] {
  const text = cursor.text();
  if (text.includes('-----BEGIN'))
    return pemBlocks(cursor).map((key) => bySource(book.nameOf({ keys: [key], format }, name)));
  losses.push(
    deniedAt(
      cursor,
      'publicKeys',
      'the key is not in the file (a secret, a KMS or a variable): name a file with it instead',
    ),
  );
  return [never];
}

function unknown(field: string, value: Cursor, { losses }: AttestorReading): void {
  losses.push(lossAt(value, field, { why: 'Kyverno does not read it here', effect: 'unchanged' }));
}
