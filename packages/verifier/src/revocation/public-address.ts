import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Networks that are nobody's on the internet: of the machine, its links, private ones, of tests, of many receivers. Rule: RFC 6890, 2.2. */
const v4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
/** Of IPv6 only 2000::/3 is given out; of it, these carry or hide IPv4 addresses, or are for texts. */
const v6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
];

/** Of the link and of a cloud's own machines: no responder is there, but services that give secrets away. */
const servicesV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['168.63.129.16', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
];

/** The same in IPv6, and the networks whose gateways make IPv4 of an address, whichever it hides. Rule: RFC 6052, 2.1; RFC 8215; RFC 3056 */
const servicesV6: readonly (readonly [string, number])[] = [
  ['fe80::', 10],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
];

const hidden = new BlockList();
const services = new BlockList();
for (const [net, bits] of servicesV4) services.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of servicesV6) services.addSubnet(net, bits, 'ipv6');
for (const [net, bits] of v4) hidden.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of v6) hidden.addSubnet(net, bits, 'ipv6');
const given = new BlockList();
given.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address is one of the internet. What is none is not. */
export function isPublicAddress(address: string): boolean {
  if (!isAskableAddress(address)) return false;
  if (isIPv4(address)) return !hidden.check(address, 'ipv4');
  // An IPv4 address written as one of IPv6 is refused with all that is outside 2000::/3.
  return isIPv6(address) && given.check(address, 'ipv6') && !hidden.check(address, 'ipv6');
}

/** Whether an IP address, in whatever network, can be that of a responder. What is none is not. */
export function isAskableAddress(address: string): boolean {
  if (isIPv4(address)) return !services.check(address, 'ipv4');
  // Node looks at an IPv4 address that is written as one of IPv6 as IPv4.
  return isIPv6(address) && !services.check(address, 'ipv6');
}
