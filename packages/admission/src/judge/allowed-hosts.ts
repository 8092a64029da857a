import { isIPv4, isIPv6 } from 'node:net';
import { isLoopbackHost, RegistryError, type RegistryReference } from '@signet/oci';
import { foldHost, parseImagePattern, type Rule } from '@signet/verifier';

/**
 * Why a registry is not asked: whoever may create a pod chooses the host, and a server must not be sent to this machine's own services or
 * to those of the cloud. A rule that names the host says that it is meant.
 */
export function refusedHost({ registry }: RegistryReference, rule: Rule | undefined): RegistryError | undefined {
  if (!isNear(registry) || namesHost(rule, registry)) return undefined;
  const message = `${registry} is an address of this machine or its link: it is asked only where a rule names that host`;
  return new RegistryError('ADDRESS_REFUSED', message);
}

/** Loopback, link-local and unspecified addresses, by name or number. Rule: RFC 6890, 2.2.2 and 2.2.3 */
export function isNearAddress(host: string): boolean {
  if (isLoopbackHost(host)) return true;
  if (isIPv4(host)) return host.startsWith('169.254.') || host.startsWith('0.');
  if (!isIPv6(host)) return false;
  const written = new URL(`http://[${host}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(written);
  if (mapped !== null) return isNearAddress(dotted(mapped));
  return written === '::' || /^fe[89ab]/.test(written);
}

function isNear(registry: string): boolean {
  return isNearAddress(registry.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
}

function dotted([, high = '0', low = '0']: readonly string[]): string {
  const words = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return words.flatMap((word) => [word >> 8, word & 255]).join('.');
}

function namesHost(rule: Rule | undefined, registry: string): boolean {
  return rule !== undefined && hostsNamedBy([rule]).has(foldHost(registry));
}

/** The hosts (with port, where they have one) that rules name without any star. */
export function hostsNamedBy(rules: readonly Rule[]): ReadonlySet<string> {
  const hosts = rules.flatMap(({ images = [] }) => images).map((text) => parseImagePattern(text).parts[0]);
  return new Set(hosts.flatMap((part) => (part?.kind === 'one' && !part.glob.includes('*') ? [part.glob] : [])));
}
