import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { untilAnswering } from './docker-registry.ts';
import { needPeer } from './peer-paths.ts';
import { startProcess } from './process.ts';
import { tempDir } from './temp.ts';
import type { TestCa } from './tls.ts';
import { freePort } from './valkey.ts';

/** A Notary v1 server that a test may talk to, over TLS. `host` is `localhost:PORT`. */
export interface NotaryServer {
  readonly host: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** Tokens that it wants: of whom, and certificates that sign them. */
export interface NotaryTokens {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly certFile: string;
}

/**
 * Starts notary-server 0.7 with keys and storage in memory, and a certificate of this authority; open to all, or with Docker's tokens.
 * @throws {HarnessError} where it is missing or does not come up
 */
export async function startNotaryServer(ca: TestCa, tokens?: NotaryTokens): Promise<NotaryServer> {
  const { certFile, keyFile } = await ca.issue();
  const host = `localhost:${await freePort()}`;
  const config = join(tempDir(), 'notary-server.json');
  const server = { http_addr: host.replace('localhost', '127.0.0.1'), tls_cert_file: certFile, tls_key_file: keyFile };
  const trust = { type: 'local', key_algorithm: 'ecdsa' };
  writeFileSync(
    config,
    JSON.stringify({
      server,
      trust_service: trust,
      storage: { backend: 'memory' },
      logging: { level: 'info' },
      ...(tokens === undefined ? {} : { auth: authOf(tokens) }),
    }),
  );
  const running = await startProcess(needPeer('notary-server'), [`-config=${config}`], { ready: /Starting Server/ });
  const url = `https://${host}`;
  await untilAnswering(url, ca.ca);
  return { host, url, stop: () => running.stop() };
}

function authOf({ realm, service, issuer, certFile }: NotaryTokens): object {
  return { type: 'token', options: { realm, service, issuer, rootcertbundle: certFile } };
}
