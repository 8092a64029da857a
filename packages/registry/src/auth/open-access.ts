import type { IncomingMessage } from 'node:http';
import { RegistryStartError } from '../errors.ts';
import type { TokenOptions } from '../options.ts';
import { createBasicGate, createTokenGate, type Gate } from './gate.ts';
import type { Accounts } from './htpasswd.ts';
import { createTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts';
import { createTokenSigner } from './tokens.ts';

/** Who is let in, and where tokens are handed out. */
export interface AccessParts {
  readonly gate: Gate;
  /** Undefined: no token endpoint. */
  readonly tokens: TokenEndpoint | undefined;
}

/** How accounts are asked for. */
export interface AccessOptions {
  readonly accounts: Accounts;
  readonly allowAnonymousRead: boolean;
  /** Without it, Basic. */
  readonly token?: TokenOptions;
  /** Of the server, for the address of its token endpoint. */
  readonly isTls: boolean;
  readonly host: string;
  readonly now: () => number;
}

/** @throws {RegistryStartError} OPTIONS_INVALID */
export function openAccess({ token, isTls, host, now, ...common }: AccessOptions): AccessParts {
  if (token === undefined) return { gate: createBasicGate(common), tokens: undefined };
  const { service = 'signet-registry', lifetimeSeconds = 300, realm } = token;
  if (!/^[\w.:/-]{1,255}$/.test(service)) throw new RegistryStartError('OPTIONS_INVALID', 'token.service');
  const signer = createTokenSigner(service, now);
  const realmOf = (request: IncomingMessage): string => realm ?? ownRealm(request, { isTls, host });
  const tokens = createTokenEndpoint({ ...common, signer, service, lifetimeSeconds, now });
  return { gate: createTokenGate({ signer, service, realmOf }), tokens };
}

/** The endpoint at the host that the client used, so that it is of the same origin. */
function ownRealm(request: IncomingMessage, { isTls, host }: Pick<AccessOptions, 'isTls' | 'host'>): string {
  const named = request.headers.host ?? '';
  const at = /^[A-Za-z0-9.:[\]_-]{1,255}$/.test(named) ? named : `${host}:${request.socket.localPort ?? 0}`;
  return `${isTls ? 'https' : 'http'}://${at}/token`;
}
