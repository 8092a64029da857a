import { type Entry, type Imported, type ImportOptions, noConditions, type PolicyInput } from '../model.ts';
import { type Cursor, readJson } from '../reading.ts';
import { SourceBook } from '../source-book.ts';
import { ignored, readStatements, takenOnce } from './notation.ts';
import { x509Demand } from './notation-trust.ts';

/** One statement of notation's policy for files. */
export interface BlobStatement {
  readonly name: string;
  /** The one that counts where none is named. */
  readonly isGlobal: boolean;
  /** What the rule that says the same is for: an image that nobody has. */
  readonly image: string;
}

/** The policy as it was read, and by which names its statements are chosen. */
export interface ImportedBlobPolicy {
  readonly imported: Imported;
  /** In the order of the file. */
  readonly statements: readonly BlobStatement[];
}

const statementFields = ['name', 'globalPolicy', 'signatureVerification', 'trustStores', 'trustedIdentities'];

/**
 * notation's trustpolicy.blob.json: its statements are chosen by their names, and one of them may be for all files.
 * Rule: wire-formats 9.2
 * @throws {PolicyError} POLICY_INVALID also for what notation itself refuses
 */
export function importNotationBlob(input: PolicyInput, options: ImportOptions = {}): ImportedBlobPolicy {
  const book = new SourceBook();
  const { statements: cursors, losses } = readStatements(readJson(input));
  const names = new Set<string>();
  const statements: BlobStatement[] = [];
  const entries = cursors.map((cursor, at): Entry => {
    const name = takenOnce(cursor.needField('name'), names);
    losses.push(...cursor.others(statementFields).map(([field, value]) => ignored(field, value)));
    const { demand, losses: own } = x509Demand(cursor, { book, options });
    const isGlobal = cursor.field('globalPolicy')?.boolean() === true;
    if (isGlobal) checkGlobal(cursor, demand.kind === 'pass', statements);
    // RFC 2606: no host has a name under "invalid".
    const image = `files.invalid/statement/${at + 1}`;
    statements.push({ name, isGlobal, image });
    return {
      name,
      images: [image],
      rank: 0,
      mode: 'enforce',
      conditions: noConditions,
      demand,
      place: cursor.place,
      losses: own,
    };
  });
  const imported = { sources: book.sources, renames: [], entries, order: 'ranked', fallback: 'deny', losses } as const;
  return { imported, statements };
}

/** @throws {PolicyError} POLICY_INVALID for a second one, and one that asks for nothing */
function checkGlobal(cursor: Cursor, asksNothing: boolean, before: readonly BlobStatement[]): void {
  const place = cursor.needField('globalPolicy');
  if (before.some(({ isGlobal }) => isGlobal)) throw place.invalid('only one statement can be the global one');
  if (asksNothing) throw place.invalid('the global statement cannot have the level skip');
}
