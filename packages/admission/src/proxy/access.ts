import type { IncomingMessage } from 'node:http';
import {
  type AccessParts,
  ApiError,
  type Gate,
  openAccess,
  openGate,
  parseHtpasswd,
  type TlsTexts,
} from '@signet/registry';
import { AdmissionError } from '../errors.ts';
import { type AccessOptions, hasClientCertificate, hashToken } from '../server/access.ts';

/** What may change while a proxy runs. */
export interface ProxySecrets {
  /** PEM. Without it, plain HTTP, on addresses of this machine alone. */
  readonly tls?: TlsTexts;
  /** The text of an htpasswd file (bcrypt): clients need one of its accounts, or a certificate of the client CA. */
  readonly htpasswd?: string;
  /** Bearer tokens for `/metrics`. */
  readonly metricsTokens?: readonly string[];
}

/** How clients are known; what does not change. */
export interface AccessRules {
  readonly host: string;
  /** Tokens are handed out at `/token`: the challenge is Bearer then. */
  readonly usesTokens: boolean;
  /** Whoever reaches the proxy may pull, off this machine too. */
  readonly allowAnonymous: boolean;
  readonly now: () => number;
}

/** Who is let in. */
export interface ProxyAccess extends Accounts {
  /** Of `/metrics`. */
  readonly metrics: AccessOptions;
}

interface Accounts extends AccessParts {
  /** What they were made from. */
  readonly of: string;
}

/**
 * `before`: where the accounts are the same, so are the tokens that were handed out to them.
 * @throws {AdmissionError} SERVER_INVALID for what would be unsafe; {RegistryStartError} HTPASSWD_INVALID
 */
export function createAccess(secrets: ProxySecrets, rules: AccessRules, before?: ProxyAccess): ProxyAccess {
  const { tls, htpasswd, metricsTokens = [] } = secrets;
  const { host, allowAnonymous } = rules;
  const isLoopback = host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
  const hasClientCa = tls?.clientCa !== undefined;
  if (tls === undefined && !isLoopback)
    throw invalid(`plain HTTP is served on addresses of this machine alone, not on ${host}: give a certificate`);
  if (htpasswd === undefined && !hasClientCa && !isLoopback && !allowAnonymous)
    throw invalid(
      `on ${host} clients must be known, by accounts or client certificates, unless anonymous ones are allowed`,
    );
  if (rules.usesTokens && htpasswd === undefined)
    throw invalid('tokens are handed out to accounts, and there are none');
  if (metricsTokens.some((token) => token.length < 16)) throw invalid('a token has fewer than 16 characters');
  const metrics = {
    tokenHashes: metricsTokens.map(hashToken),
    webhookHashes: [],
    hasClientCa,
    needsClientCert: false,
    isLoopback,
  };
  const of = JSON.stringify([htpasswd, tls !== undefined, hasClientCa]);
  if (before?.of === of) return { ...before, metrics };
  const { gate, tokens } = accountsOf(htpasswd, tls !== undefined, rules);
  return { gate: hasClientCa ? orCertificate(htpasswd === undefined ? undefined : gate) : gate, tokens, metrics, of };
}

function accountsOf(htpasswd: string | undefined, isTls: boolean, { host, usesTokens, now }: AccessRules): AccessParts {
  if (htpasswd === undefined) return { gate: openGate, tokens: undefined };
  const token = usesTokens ? { token: { service: 'signet-proxy' } } : {};
  return openAccess({ accounts: parseHtpasswd(htpasswd), allowAnonymousRead: false, isTls, host, now, ...token });
}

/** A certificate of the client CA opens what an account does. */
function orCertificate(accounts: Gate | undefined): Gate {
  return {
    async admit(request: IncomingMessage, need) {
      if (hasClientCertificate(request)) return await openGate.admit(request, need);
      if (accounts !== undefined) return await accounts.admit(request, need);
      throw new ApiError(401, 'UNAUTHORIZED', 'a client certificate is needed');
    },
  };
}

function invalid(message: string): AdmissionError {
  return new AdmissionError('SERVER_INVALID', message);
}
