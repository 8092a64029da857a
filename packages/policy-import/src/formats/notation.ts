import { onlyInput } from '../inputs.ts';
import { type Entry, type Imported, type ImportOptions, type Loss, noConditions, type PolicyInput } from '../model.ts';
import { type Cursor, readJson } from '../reading.ts';
import { SourceBook } from '../source-book.ts';
import { isOtherDockerHub, needsDockerHub } from './docker-hub.ts';
import { type TrustReading, x509Demand } from './notation-trust.ts';

/**
 * notation's trustpolicy.json (or trustpolicy.oci.json): the statement whose scope is the repository decides, else that of `*`.
 * Rule: notaryproject specifications, trust-store-trust-policy.md, version 1.0.
 * @throws {PolicyError} POLICY_INVALID also for what notation itself refuses
 */
export function importNotation(inputs: readonly PolicyInput[], options: ImportOptions = {}): Imported {
  const reading: TrustReading = { book: new SourceBook(), options };
  const { statements, losses } = readStatements(readJson(onlyInput(inputs)));
  const names = new Set<string>();
  const scopes = new Set<string>();
  const entries = statements.flatMap((statement) => readStatement(statement, { names, scopes, reading }, losses));
  return { sources: reading.book.sources, renames: [], entries, order: 'ranked', fallback: 'deny', losses };
}

/** The statements of a policy of notation's, and what in it nobody knows. @throws {PolicyError} POLICY_INVALID */
export function readStatements(root: Cursor): { readonly statements: readonly Cursor[]; readonly losses: Loss[] } {
  const version = root.needField('version');
  if (version.text() !== '1.0') throw version.invalid('only version 1.0 is known');
  const statements = root.needField('trustPolicies');
  if (statements.items().length === 0) throw statements.invalid('a list of statements must not be empty');
  const losses = root.others(['version', 'trustPolicies']).map(([name, value]) => ignored(name, value));
  return { statements: statements.items(), losses };
}

/** What must be unique in the whole file. */
interface Taken {
  readonly names: Set<string>;
  readonly scopes: Set<string>;
  readonly reading: TrustReading;
}

const statementFields = ['name', 'registryScopes', 'signatureVerification', 'trustStores', 'trustedIdentities'];

function readStatement(statement: Cursor, taken: Taken, losses: Loss[]): readonly Entry[] {
  const name = takenOnce(statement.needField('name'), taken.names);
  if (statement.field('globalPolicy') !== undefined)
    throw statement
      .needField('globalPolicy')
      .invalid('this is a policy for files: signet verify-blob --policy reads it, and nothing converts it');
  losses.push(...statement.others(statementFields).map(([field, value]) => ignored(field, value)));
  const scopes = readScopes(statement.needField('registryScopes'), taken.scopes);
  const trust = x509Demand(statement, taken.reading);
  const isGlobal = scopes.some((scope) => scope.text() === '*');
  const read = scopes.map((scope) => toScope(scope, losses));
  const base = {
    name,
    rank: isGlobal ? 0 : 1,
    mode: 'enforce',
    conditions: noConditions,
    place: statement.place,
  } as const;
  const own = read.flatMap(({ image, isOther }) => (image === undefined || isOther ? [] : [image]));
  const other = read.flatMap(({ image, isOther }) => (image !== undefined && isOther ? [image] : []));
  const entries: Entry[] = [];
  if (own.length > 0) entries.push({ ...base, images: own, demand: trust.demand, losses: trust.losses });
  if (other.length > 0) entries.push({ ...base, images: other, demand: { kind: 'never' }, losses: [] });
  if (entries.length === 0) losses.push(...trust.losses);
  return entries;
}

/** A text that stands nowhere else. @throws {PolicyError} POLICY_INVALID */
export function takenOnce(cursor: Cursor, taken: Set<string>): string {
  const text = cursor.text();
  if (text === '') throw cursor.invalid('must not be empty');
  if (taken.has(text)) throw cursor.invalid(`${JSON.stringify(text)} is there twice`);
  taken.add(text);
  return text;
}

const domain = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?$/;
const repositoryPart = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;

function readScopes(cursor: Cursor, taken: Set<string>): readonly Cursor[] {
  const scopes = cursor.items();
  if (scopes.length === 0) throw cursor.invalid('a list of scopes must not be empty');
  for (const scope of scopes) {
    const text = takenOnce(scope, taken);
    if (text === '*' && scopes.length > 1) throw scope.invalid('* stands alone');
    if (text === '*') continue;
    const [host = '', ...parts] = text.split('/');
    if (parts.length === 0 || !domain.test(host) || !parts.every((part) => repositoryPart.test(part)))
      throw scope.invalid('not HOST/REPOSITORY, in full and without * and tag');
  }
  return scopes;
}

interface ReadScope {
  /** Missing where no reference of Signet's is written so. */
  readonly image?: string;
  readonly isOther: boolean;
}

function toScope(scope: Cursor, losses: Loss[]): ReadScope {
  const text = scope.text();
  const [host = ''] = text.split('/');
  const lost = (why: string, effect: Loss['effect']): number =>
    losses.push({ place: scope.place, construct: `scope ${text}`, why, effect });
  if (text !== '*' && needsDockerHub(host)) {
    lost('a host without dot or port is docker.io here: this scope can match nothing', 'stricter');
    return { isOther: false };
  }
  const isOther = isOtherDockerHub(host);
  if (isOther) lost('this host is another name of docker.io here, whose images have scopes of their own', 'denied');
  return { image: text, isOther };
}

/** A member that changes nothing. */
export function ignored(name: string, value: Cursor): Loss {
  return { place: value.place, construct: name, why: 'notation does not know it either', effect: 'unchanged' };
}
