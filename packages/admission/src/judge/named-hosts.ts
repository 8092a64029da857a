import { foldHost, type Policy } from '@signet/verifier';
import { hostsNamedBy, isNearAddress } from './allowed-hosts.ts';

const known = new WeakMap<Policy, ReadonlySet<string>>();

/** Whether a rule of the policy names this host (with port, where it has one) without any star. */
export function isNamedHost(policy: Policy, host: string): boolean {
  const names = known.get(policy) ?? hostsNamedBy(policy.ruleList);
  known.set(policy, names);
  return names.has(foldHost(host));
}

/** Whether a connection may be made: to this machine and its link only for hosts that a rule names. */
export function mayConnect(policy: Policy, host: string, address: string): boolean {
  return !isNearAddress(address) || isNamedHost(policy, host);
}
