/** What an `Authorization` header says. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'malformed' };

/** Rule: RFC 7617 (Basic), RFC 6750 (Bearer). */
export function parseAuthorization(header: string | undefined): Credentials {
  if (header === undefined) return { kind: 'none' };
  const match = /^(basic|bearer) +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header.trim());
  const [scheme, value] = [match?.[1]?.toLowerCase(), match?.[2]];
  if (scheme === undefined || value === undefined) return { kind: 'malformed' };
  return scheme === 'bearer' ? { kind: 'bearer', token: value } : parseBasic(value);
}

function parseBasic(value: string): Credentials {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return { kind: 'malformed' };
  return { kind: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) };
}
