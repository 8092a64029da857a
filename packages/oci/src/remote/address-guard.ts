import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { RegistryError } from '../errors.ts';

/** Whether a connection to `host` (with port, as in the URL) may be made to this IP address. */
export type MayConnect = (host: string, address: string) => boolean;

/**
 * Looks names up and leaves out the addresses that must not be connected to: what a name is looked up as when the connection is made is
 * what counts, not what it was before. An address in the URL itself is never looked up: it is judged here.
 * @throws {RegistryError} ADDRESS_REFUSED; the look-up gives the same where no address is left
 */
export function guardedLookup({ host, hostname }: URL, mayConnect: MayConnect): LookupFunction {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0 && !mayConnect(host, bare)) throw refused(host);
  return (name, options, give) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return give(error, '');
      const good = addresses.filter(({ address }) => mayConnect(host, address));
      const [first] = good;
      if (first === undefined) return give(refused(host), '');
      return options.all === true ? give(null, good) : give(null, first.address, first.family);
    });
  };
}

function refused(host: string): RegistryError {
  return new RegistryError('ADDRESS_REFUSED', `${host} leads to an address that must not be connected to`);
}
