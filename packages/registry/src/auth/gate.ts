import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.ts';
import { everything, type Grants, type Need, scopeOf } from './access.ts';
import { type Credentials, parseAuthorization } from './credentials.ts';
import type { Accounts } from './htpasswd.ts';
import { accessAllows, type TokenSigner } from './tokens.ts';

/** Decides who may do what. */
export interface Gate {
  /** @throws {ApiError} UNAUTHORIZED with a challenge */
  admit(request: IncomingMessage, need: Need): Promise<Grants>;
}

export interface GateOptions {
  readonly accounts: Accounts;
  readonly allowAnonymousRead: boolean;
}

export const openGate: Gate = { admit: async () => everything };
const reading: Grants = { allows: (_, action) => action === 'pull' };

/** Basic credentials of an htpasswd file: every account may do everything. Rule: RFC 7617. */
export function createBasicGate({ accounts, allowAnonymousRead }: GateOptions): Gate {
  return {
    async admit(request, need) {
      if (need.kind === 'nothing') return everything;
      const credentials = parseAuthorization(request.headers.authorization);
      if (credentials.kind === 'none' && allowAnonymousRead && isReading(need)) return reading;
      if (await isAccount(accounts, credentials)) return everything;
      throw unauthorized('Basic realm="signet registry", charset="UTF-8"');
    },
  };
}

export interface TokenGateOptions {
  readonly signer: TokenSigner;
  readonly service: string;
  readonly realmOf: (request: IncomingMessage) => string;
}

/** Tokens of the token endpoint. Rule: Docker token authentication; RFC 6750, 3. */
export function createTokenGate({ signer, service, realmOf }: TokenGateOptions): Gate {
  return {
    async admit(request, need) {
      if (need.kind === 'nothing') return everything;
      const credentials = parseAuthorization(request.headers.authorization);
      const claims = credentials.kind === 'bearer' ? signer.verify(credentials.token, 'access') : undefined;
      const grants: Grants | undefined = claims && {
        user: claims.subject,
        allows: (name, action) => accessAllows(claims.access, name, action),
      };
      const hasCatalog =
        claims?.access.some((entry) => entry.type === 'registry' && entry.actions.includes('*')) === true;
      if (grants !== undefined && meets(grants, need, hasCatalog)) return grants;
      throw unauthorized(
        challenge({ realm: realmOf(request), service, need, credentials, isValid: claims !== undefined }),
      );
    },
  };
}

/** Whether the credentials are those of an account. */
export async function isAccount(accounts: Accounts, credentials: Credentials): Promise<boolean> {
  return credentials.kind === 'basic' && (await accounts.verify(credentials.user, credentials.password));
}

function isReading(need: Need): boolean {
  return need.kind !== 'repository' || need.actions.every((action) => action === 'pull');
}

function meets(grants: Grants, need: Need, hasCatalog: boolean): boolean {
  if (need.kind === 'catalog') return hasCatalog;
  return need.kind !== 'repository' || need.actions.every((action) => grants.allows(need.name, action));
}

interface Challenge {
  readonly realm: string;
  readonly service: string;
  readonly need: Need;
  readonly credentials: Credentials;
  readonly isValid: boolean;
}

function challenge({ realm, service, need, credentials, isValid }: Challenge): string {
  const scope = scopeOf(need);
  const error = isValid ? 'insufficient_scope' : credentials.kind === 'none' ? undefined : 'invalid_token';
  const parts = [`realm="${realm}"`, `service="${service}"`];
  if (scope !== undefined) parts.push(`scope="${scope}"`);
  if (error !== undefined) parts.push(`error="${error}"`);
  return `Bearer ${parts.join(',')}`;
}

function unauthorized(challengeText: string): ApiError {
  const headers = { 'WWW-Authenticate': challengeText };
  return new ApiError(401, 'UNAUTHORIZED', 'authentication required', { headers });
}
