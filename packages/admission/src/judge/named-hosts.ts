import { foldHost, type Policy } from '@signet/verifier';
import { hostsNamedBy, isNearAddress } from './allowed-hosts.ts';

const known = new WeakMap<Policy, ReadonlySet<string>>();

/** Whether a rule of the policy, or the place of a catalogue, names this host (with port, where it has one) without any star. */
export function isNamedHost(policy: Policy, host: string): boolean {
  const names = known.get(policy) ?? new Set([...hostsNamedBy(policy.ruleList), ...catalogueHosts(policy)]);
  known.set(policy, names);
  return names.has(foldHost(host));
}

/** Where catalogues are read that lie elsewhere than what they are of. */
function catalogueHosts({ catalogues }: Policy): readonly string[] {
  return catalogues.flatMap(({ location }) => (location === undefined ? [] : [location.name.split('/', 1)[0] ?? '']));
}

/** Whether a connection may be made: to this machine and its link only for hosts that a rule names. */
export function mayConnect(policy: Policy, host: string, address: string): boolean {
  return !isNearAddress(address) || isNamedHost(policy, host);
}
