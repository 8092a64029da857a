import { type Demand, never, pass } from '../demand.ts';
import type { Loss } from '../model.ts';
import type { Cursor } from '../reading.ts';

/** What a statement asks of signatures. */
export interface StatementTrust {
  readonly demand: Demand;
  readonly losses: readonly Loss[];
}

const levels = ['strict', 'permissive', 'audit', 'skip'] as const;
const overridable = ['authenticity', 'authenticTimestamp', 'expiry', 'revocation'] as const;

/**
 * Level, trust stores and identities of a statement. The one place to write X.509 sources from, once Signet's policy has them: until
 * then nothing satisfies a statement that is not `skip`. Rule: trust-store-trust-policy.md "Signature Verification details".
 * @throws {PolicyError} POLICY_INVALID for what notation refuses
 */
export function x509Demand(statement: Cursor): StatementTrust {
  const verification = statement.needField('signatureVerification');
  const level = verification.needField('level').oneOf(levels);
  const override = checkOverride(verification, level);
  verification.field('verifyTimestamp')?.oneOf(['always', 'afterCertExpiry']);
  const unknown = verification.others(['level', 'override', 'verifyTimestamp']);
  const losses: Loss[] = unknown.map(([name, { place }]) => ({
    place,
    construct: `signatureVerification.${name}`,
    why: 'notation does not know it either',
    effect: 'unchanged',
  }));
  const stores = checkStores(statement, level);
  if (level === 'skip') return { demand: pass, losses };
  const asked = [`level ${level}`, ...override, `trust stores ${stores.join(', ')}`].join(', ');
  const why = `${asked}: X.509 trust stores and identities are not supported yet`;
  losses.push({
    place: verification.place,
    construct: `statement ${statement.needField('name').text()}`,
    why,
    effect: 'denied',
  });
  return { demand: never, losses };
}

/** Gives the overrides as `name: action`. */
function checkOverride(verification: Cursor, level: string): readonly string[] {
  const fields = verification.field('override')?.fields() ?? [];
  const [first] = fields;
  if (first !== undefined && level === 'skip') throw first[1].invalid('the level skip cannot be overridden');
  return fields.map(([name, value]) => {
    if (!overridable.some((each) => each === name)) throw value.invalid(`${name} cannot be overridden`);
    const action = value.oneOf(name === 'revocation' ? ['enforce', 'log', 'skip'] : ['enforce', 'log']);
    return `${name}: ${action}`;
  });
}

function checkStores(statement: Cursor, level: string): readonly string[] {
  const stores = statement.field('trustStores')?.items() ?? [];
  const identities = statement.field('trustedIdentities')?.items() ?? [];
  if (level === 'skip') {
    const [extra] = [...stores, ...identities];
    if (extra !== undefined) throw extra.invalid('the level skip takes no trust stores and no identities');
    return [];
  }
  if (stores.length === 0 || identities.length === 0)
    throw statement.invalid('trust stores and trusted identities are both needed');
  for (const store of stores)
    if (!/^(?:ca|signingAuthority|tsa):[a-zA-Z0-9_.-]+$/.test(store.text()))
      throw store.invalid('not a trust store TYPE:NAME');
  for (const identity of identities) checkIdentity(identity, identities.length);
  return stores.map((store) => store.text());
}

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
