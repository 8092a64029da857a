/** What a token realm may be told. `anonymous`: only what anyone may know. */
export type RealmTrust = 'credentials' | 'anonymous' | 'refused';

/**
 * Whether credentials for the registry at `registry` may go to the token server at `realm`: on the registry's own origin, or elsewhere when
 * both speak https. A realm without https is never used by a registry with it. Rule: design.md 7, "no credentials where they don't belong".
 */
export function trustRealm(realm: URL, registry: URL): RealmTrust {
  if (realm.protocol !== 'https:' && realm.protocol !== 'http:') return 'refused';
  if (realm.username !== '' || realm.password !== '') return 'refused';
  if (realm.origin === registry.origin) return 'credentials';
  if (registry.protocol !== 'https:') return 'anonymous';
  return realm.protocol === 'https:' ? 'credentials' : 'refused';
}
