import { type AuthConfig, asObject, decodeBase64, parseAuthConfig, parseJson } from '@signet/oci';
import { matchesGlob } from '@signet/verifier';
import * as v from 'valibot';
import { AdmissionError } from '../errors.ts';
import { referencedNames } from './named-secrets.ts';

/** Logins as a secret has them, by what they are for: `host`, `host/path`, `*.host`. */
export type Auths = AuthConfig['auths'];

interface Secret {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>> | null;
}

const secretSchema: v.GenericSchema<unknown, Secret> = v.object({
  kind: v.literal('Secret'),
  apiVersion: v.literal('v1'),
  type: v.exactOptional(v.string()),
  data: v.exactOptional(v.nullable(v.record(v.string(), v.string()))),
});

const accountSchema: v.GenericSchema<unknown, { readonly imagePullSecrets?: unknown }> = v.object({
  kind: v.literal('ServiceAccount'),
  apiVersion: v.literal('v1'),
  imagePullSecrets: v.exactOptional(v.unknown()),
});

/** Characters of a configuration in base64, and registries in it. */
const [maxText, maxEntries] = [128 * 1024, 100];

const keyByType: Readonly<Record<string, string>> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
};

/**
 * The logins of a pull secret, and nothing else of it: helpers that it names are never run. A secret of another type has none.
 * Rule: Kubernetes, "Docker config Secrets"
 * @throws {AdmissionError} CLUSTER_API_FAILED, never quoting what is in it
 */
export function parsePullSecret(object: unknown): Auths {
  const parsed = v.safeParse(secretSchema, object);
  if (!parsed.success) throw unusable('the Kubernetes API answers with what is no Secret');
  const { type = '', data } = parsed.output;
  const key = Object.hasOwn(keyByType, type) ? keyByType[type] : undefined;
  if (key === undefined) return {};
  const text = data !== undefined && data !== null && Object.hasOwn(data, key) ? data[key] : undefined;
  // Looked at for each image that is asked about: whoever may make secrets must not keep all others waiting.
  if (text !== undefined && text.length > maxText) throw unusable(`the ${key} of the secret is larger than any login`);
  const bytes = text === undefined ? undefined : decodeBase64(text);
  if (bytes === undefined) throw unusable(`the secret has no ${key} in base64`);
  const auths = authsIn(bytes, key);
  if (Object.keys(auths).length <= maxEntries) return auths;
  throw unusable(`the secret has logins for more than ${maxEntries} registries`);
}

function authsIn(bytes: Uint8Array, key: string): Auths {
  try {
    if (key === '.dockerconfigjson') return parseAuthConfig(bytes, 'the secret').auths;
    return asObject(parseJson(bytes, { allowDuplicateKeys: true }), 'the secret');
  } catch {
    // Without the cause: an error of JSON quotes the text around it.
    throw unusable(`the ${key} of the secret is no registry configuration`);
  }
}

/** The pull secrets that a service account names. @throws {AdmissionError} CLUSTER_API_FAILED */
export function parseServiceAccount(object: unknown): readonly string[] {
  const parsed = v.safeParse(accountSchema, object);
  if (!parsed.success) throw unusable('the Kubernetes API answers with what is no ServiceAccount');
  return referencedNames(parsed.output.imagePullSecrets);
}

/**
 * With a star in a part of the host, what it means for this registry: `*.example.com` is `a.example.com`, and not `a.b.example.com`.
 * Rule: Kubernetes, "Interpretation of config.json"
 */
export function authsFor(auths: Auths, registry: string): Auths {
  const found = new Map<string, unknown>();
  const open: (readonly [string, unknown])[] = [];
  for (const [key, entry] of Object.entries(auths)) {
    const [, host = '', path = ''] = /^(?:https?:\/\/)?([^/]*)(.*)$/.exec(key) ?? [];
    if (!host.includes('*')) found.set(key, entry);
    else if (hostMatches(host.toLowerCase(), registry.toLowerCase())) open.push([`${registry}${path}`, entry]);
  }
  // What is written out goes before what a star stands for.
  for (const [key, entry] of open) if (!found.has(key)) found.set(key, entry);
  return Object.fromEntries(found);
}

function hostMatches(pattern: string, registry: string): boolean {
  const [wanted, given] = [pattern.split('.'), registry.split('.')];
  return wanted.length === given.length && wanted.every((part, at) => matchesGlob(part, given[at] ?? ''));
}

function unusable(message: string): AdmissionError {
  return new AdmissionError('CLUSTER_API_FAILED', message);
}
