import { bySource, type Demand, never, pass } from '../demand.ts';
import type { ImportedX509, ImportOptions, Loss } from '../model.ts';
import type { Cursor } from '../reading.ts';
import type { SourceBook } from '../source-book.ts';

/** What a statement asks of signatures. */
export interface StatementTrust {
  readonly demand: Demand;
  readonly losses: readonly Loss[];
}

const levels = ['strict', 'permissive', 'audit', 'skip'] as const;
const overridable = ['authenticity', 'authenticTimestamp', 'expiry', 'revocation'] as const;
/** Kinds of trust stores, as folders and in Signet's policy. */
const kinds = ['ca', 'signingAuthority', 'tsa'] as const;
type Kind = (typeof kinds)[number];

/** What is read of all statements together. */
export interface TrustReading {
  readonly book: SourceBook;
  readonly options: Pick<ImportOptions, 'trustStore' | 'brokenStores'>;
}

/**
 * Level, trust stores and identities of a statement. Rule: trust-store-trust-policy.md "Signature Verification details".
 * @throws {PolicyError} POLICY_INVALID for what notation refuses
 */
export function x509Demand(statement: Cursor, { book, options }: TrustReading): StatementTrust {
  const verification = statement.needField('signatureVerification');
  const level = verification.needField('level').oneOf(levels);
  const override = readOverride(verification, level);
  const verifyTimestamp = verification.field('verifyTimestamp')?.oneOf(['always', 'afterCertExpiry']);
  const unknown = verification.others(['level', 'override', 'verifyTimestamp']);
  const losses: Loss[] = unknown.map(([name, { place }]) => ({
    place,
    construct: `signatureVerification.${name}`,
    why: 'notation does not know it either',
    effect: 'unchanged',
  }));
  const { stores, identities } = readTrust(statement, level);
  if (level === 'skip') return { demand: pass, losses };
  const name = statement.needField('name').text();
  const lose = (why: string): StatementTrust => ({
    demand: never,
    losses: [...losses, { place: statement.place, construct: `statement ${name}`, why, effect: 'denied' }],
  });
  const broken = stores.find((store) => options.brokenStores?.has(store) === true);
  if (broken !== undefined) return lose(`the trust store ${broken}: ${options.brokenStores?.get(broken) ?? ''}`);
  // Of other kinds than x509 they are a plugin's affair.
  const known = identities.filter((identity) => !identity.startsWith('x509') || identity.startsWith('x509.subject:'));
  if (known.length === 0) return lose('its identities are of a kind that nothing matches');
  // Responders of companies are in their own networks, and notation asks whatever a certificate names.
  const x509 = {
    ...storePaths(stores, options.trustStore ?? 'truststore'),
    identities: known,
    level,
    override,
    allowPrivateServers: true,
  };
  if (x509.ca.length + x509.signingAuthority.length === 0) return lose('it names no authority of signers');
  const trust: ImportedX509 = { x509: { ...x509, ...(verifyTimestamp === undefined ? {} : { verifyTimestamp }) } };
  return { demand: bySource(book.nameOf(trust, name, statement.place)), losses };
}

/** Rule: wire-formats 9.1 */
function storePaths(stores: readonly string[], folder: string): Record<Kind, readonly string[]> {
  const of = (kind: Kind): readonly string[] =>
    stores.filter((store) => store.startsWith(`${kind}:`)).map((store) => `${folder}/x509/${store.replace(':', '/')}`);
  return { ca: of('ca'), signingAuthority: of('signingAuthority'), tsa: of('tsa') };
}

/** Actions by check. */
function readOverride(verification: Cursor, level: string): Readonly<Record<string, string>> {
  const fields = verification.field('override')?.fields() ?? [];
  const [first] = fields;
  if (first !== undefined && level === 'skip') throw first[1].invalid('the level skip cannot be overridden');
  return Object.fromEntries(
    fields.map(([name, value]) => {
      if (!overridable.some((each) => each === name)) throw value.invalid(`${name} cannot be overridden`);
      return [name, value.oneOf(name === 'revocation' ? ['enforce', 'log', 'skip'] : ['enforce', 'log'])];
    }),
  );
}

/** `TYPE:NAME` of the stores, and the identities. */
function readTrust(
  statement: Cursor,
  level: string,
): { readonly stores: readonly string[]; readonly identities: readonly string[] } {
  const stores = statement.field('trustStores')?.items() ?? [];
  const identities = statement.field('trustedIdentities')?.items() ?? [];
  if (level === 'skip') {
    const [extra] = [...stores, ...identities];
    if (extra !== undefined) throw extra.invalid('the level skip takes no trust stores and no identities');
    return { stores: [], identities: [] };
  }
  if (stores.length === 0 || identities.length === 0)
    throw statement.invalid('trust stores and trusted identities are both needed');
  for (const store of stores)
    if (!/^(?:ca|signingAuthority|tsa):[a-zA-Z0-9_.-]+$/.test(store.text()))
      throw store.invalid('not a trust store TYPE:NAME');
  for (const identity of identities) checkIdentity(identity, identities.length);
  return { stores: stores.map((store) => store.text()), identities: identities.map((identity) => identity.text()) };
}

/** The name itself is read where the policy is loaded. */
function checkIdentity(identity: Cursor, count: number): void {
  const text = identity.text();
  if (text === '*' && count > 1) throw identity.invalid('* stands alone');
  if (text !== '*' && !text.includes(':')) throw identity.invalid('not * and no TYPE:VALUE');
  if (!text.startsWith('x509.subject:')) return;
  const names = [...text.slice('x509.subject:'.length).matchAll(/(?:^|,)\s*([A-Za-z0-9.]+)\s*=/g)].map(
    ([, name = '']) => name,
  );
  const has = (...wanted: readonly string[]): boolean => names.some((name) => wanted.includes(name.toUpperCase()));
  if (!has('C') || !has('ST', 'S') || !has('O')) throw identity.invalid('C, ST and O are needed');
}
