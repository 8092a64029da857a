import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Action } from './access.ts';

/** One entry of a token's `access` claim. Rule: Docker token authentication, "Token Scope". */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** What a valid token says. */
export interface TokenClaims {
  readonly use: 'access' | 'refresh';
  readonly subject: string;
  readonly access: readonly Access[];
}

/** Makes and checks tokens that this process alone understands. */
export interface TokenSigner {
  sign(claims: TokenClaims, lifetimeSeconds: number): string;
  /** Undefined for what is not a token of this signer, expired, or of the other use. */
  verify(token: string, use: TokenClaims['use']): TokenClaims | undefined;
}

const maxTokenLength = 16_384;
const header = encode({ alg: 'HS256', typ: 'JWT' });

/** HMAC-signed JWTs under a key made at start; the header is compared as a whole, so no other algorithm can be asked for. */
export function createTokenSigner(service: string, now: () => number): TokenSigner {
  const secret = randomBytes(32);
  const mac = (signed: string): Buffer => createHmac('sha256', secret).update(signed).digest();
  return {
    sign({ use, subject, access }, lifetimeSeconds) {
      const seconds = Math.floor(now() / 1000);
      const times = { iat: seconds, nbf: seconds, exp: seconds + lifetimeSeconds };
      const body = encode({ iss: service, aud: service, sub: subject, jti: randomUUID(), use, access, ...times });
      return `${header}.${body}.${mac(`${header}.${body}`).toString('base64url')}`;
    },
    verify(token, use) {
      const [head, body, signature, ...rest] = token.length > maxTokenLength ? [] : token.split('.');
      if (head !== header || body === undefined || signature === undefined || rest.length > 0) return undefined;
      const [given, wanted] = [Buffer.from(signature, 'base64url'), mac(`${head}.${body}`)];
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
      // Nobody else could have made it: its shape is ours.
      const claims: Claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
      if (claims.exp <= now() / 1000 || claims.use !== use) return undefined;
      return { use, subject: claims.sub, access: claims.access };
    },
  };
}

interface Claims {
  readonly sub: string;
  readonly exp: number;
  readonly use: TokenClaims['use'];
  readonly access: readonly Access[];
}

/** Whether the access includes this action on this repository. */
export function accessAllows(access: readonly Access[], name: string, action: Action): boolean {
  return access.some((entry) => entry.type === 'repository' && entry.name === name && entry.actions.includes(action));
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
