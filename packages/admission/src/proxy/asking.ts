import { RegistryError } from '@signet/oci';
import { ApiError } from '@signet/registry';
import type { Policy } from '@signet/verifier';
import type { ReviewDeadline } from '../judge/deadline.ts';
import { isNamedHost, mayConnect } from '../judge/named-hosts.ts';
import type { Target } from './upstreams.ts';

/**
 * That a registry of this machine or its link, or one that is asked by plain HTTP, is asked only where a rule names its host.
 * @throws {RegistryError} ADDRESS_REFUSED
 */
export function checkHost({ upstream: { registry, isPlainHttp } }: Target, policy: Policy): void {
  if (isPlainHttp ? isNamedHost(policy, registry) : mayConnect(policy, registry, hostOf(registry))) return;
  const why = isPlainHttp ? 'is reached by plain HTTP' : 'is an address of this machine or its link';
  throw new RegistryError('ADDRESS_REFUSED', `${registry} ${why}: it is asked only where a rule names that host`);
}

/**
 * That some rule is for images of this repository, before something of it is asked for that no rule judges: lists, proofs.
 * @throws {ApiError} DENIED
 */
export function checkRepository({ upstream: { registry }, repository, image }: Target, policy: Policy): void {
  if (policy.fallback === 'allow' || policy.rules.weigh({ registry, repository }).length > 0) return;
  throw new ApiError(403, 'DENIED', `no rule of the policy is for ${image}`, { detail: { code: 'NO_RULE' } });
}

/** The work, no later than the deadline; what is late goes on for who asks next. @throws {RegistryError} TIMEOUT */
export async function inTime<T>(work: Promise<T>, { passed }: ReviewDeadline): Promise<T> {
  work.catch(() => {}); // told to nobody where the deadline came first
  return await Promise.race([
    work,
    passed.then((): never => {
      throw new RegistryError('TIMEOUT', 'the registry did not answer in time');
    }),
  ]);
}

function hostOf(registry: string): string {
  return registry.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
