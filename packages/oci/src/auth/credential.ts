/**
 * What a registry may be shown. `refresh`: an identity token, traded for access tokens; `bearer`: an access token used as it is; `aad`: an
 * Entra ID access token that Azure Container Registry trades for a refresh token of its own; after `expiresAtMs` (milliseconds since 1970
 * UTC) there is another one to be had. Rule: wire-formats 2.10, 2.11.
 */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'refresh'; readonly token: string; readonly username?: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'aad'; readonly token: string; readonly tenant?: string; readonly expiresAtMs?: number };

/** Where credentials come from. Asked only after a registry demanded some. */
export interface CredentialSource {
  /** `registry` as in a reference (`docker.io`, `host:5000`). @throws {RegistryError} CREDENTIALS */
  get(registry: string, repository?: string): Promise<Credential | undefined>;
}

/** The user name under which Azure Container Registry's refresh tokens are kept where only a password has a place. Rule: wire-formats 2.11. */
export const ACR_TOKEN_USER = '00000000-0000-0000-0000-000000000000';

/** A user and password as the credential that they are: with ACR's user name (or a helper's `<token>`) the password is a refresh token. */
export function credentialOf(username: string, password: string): Credential {
  if (username === ACR_TOKEN_USER || username === '<token>') return { kind: 'refresh', token: password, username };
  return { kind: 'basic', username, password };
}
