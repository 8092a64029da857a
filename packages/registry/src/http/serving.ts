import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { RegistryLimits } from '../options.ts';
import { followConnections } from './connections.ts';
import { createListener, type Handle, type ListenerOptions, secureOptions, type TlsTexts } from './listener.ts';

/** How requests are served. */
export interface ServingOptions extends Omit<ListenerOptions, 'limits'> {
  readonly limits: ListenerOptions['limits'] & Pick<RegistryLimits, 'closeMs'>;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free port. */
  readonly port?: number;
}

/** A listener at its address. */
export interface Serving {
  /** Without port. */
  readonly host: string;
  readonly port: number;
  /** `host:port`, as references begin. */
  readonly address: string;
  readonly url: string;
  /** For connections from now on, of a server that has TLS. What node:tls throws for what is no certificate; then nothing is changed. */
  useTls(tls: TlsTexts): void;
  /** Stops accepting, and lets requests in flight finish within the limit. */
  close(): Promise<void>;
}

/** Listens. What node throws for an unusable port. */
export async function startServing({ host = '127.0.0.1', port = 0, ...options }: ServingOptions): Promise<Serving> {
  const { limits, tls, handle } = options;
  const inFlight = new Set<Promise<void>>();
  const tracked: Handle = (request, response) => {
    const work = handle(request, response);
    const settled = work.catch(() => {}).finally(() => inFlight.delete(settled)); // the listener answers the failure
    inFlight.add(settled);
    return work;
  };
  const server = createListener({ ...options, handle: tracked });
  const end = followConnections(server);
  const given = await listen(server, host, port);
  const address = `${host.includes(':') ? `[${host}]` : host}:${given}`;
  let closing: Promise<void> | undefined;
  return {
    host,
    port: given,
    address,
    url: `${tls === undefined ? 'http' : 'https'}://${address}`,
    useTls(texts) {
      if (server instanceof TlsServer) server.setSecureContext(secureOptions(texts));
    },
    close() {
      // Resolves only after the last request let go of what it had.
      closing ??= end({ limitMs: limits.closeMs }).then(async () => void (await Promise.all(inFlight)));
      return closing;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(port, host, () => {
    server.off('error', reject);
    resolve((server.address() as AddressInfo).port);
  });
  return promise;
}
