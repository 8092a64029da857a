import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { MadeCertificate } from './certificates.ts';
import { run } from './process.ts';
import { tempDir } from './temp.ts';

/** How an authority stamps. */
export interface TsaOptions {
  readonly signer: MadeCertificate;
  /** Go into the token beside the signer's own. */
  readonly others?: readonly MadeCertificate[];
  /** Of the signature; default sha256. */
  readonly digest?: string;
  /** Of the certificate's name; sha1 makes signing-certificate v1. Default sha256. */
  readonly nameDigest?: string;
  /** OID; default one of tests. */
  readonly policy?: string;
  /** `secs:1, millisecs:500`; default none. */
  readonly accuracy?: string;
  /** Further lines of the section. */
  readonly more?: readonly string[];
}

/** Answers one TimeStampReq as `openssl ts -reply` does: a TimeStampResp, or what it says against it. */
export async function opensslStamp(query: Uint8Array, options: TsaOptions): Promise<Uint8Array> {
  const { signer, others = [], digest = 'sha256', nameDigest = 'sha256', policy = '1.2.3.4.1', accuracy } = options;
  const dir = tempDir();
  const path = (name: string): string => join(dir, name);
  writeFileSync(path('signer.pem'), signer.pem);
  writeFileSync(path('key.pem'), signer.keyPem);
  writeFileSync(path('others.pem'), others.map(({ pem }) => pem).join(''));
  writeFileSync(path('serial'), '01\n');
  writeFileSync(path('query'), query);
  const config = [
    '[tsa]',
    `serial = ${path('serial')}`,
    `signer_digest = ${digest}`,
    `default_policy = ${policy}`,
    'other_policies = 0.4.0.2023.1.1',
    'digests = sha256, sha384, sha512',
    `ess_cert_id_alg = ${nameDigest}`,
    ...(accuracy === undefined ? [] : [`accuracy = ${accuracy}`]),
    ...(options.more ?? []),
  ];
  writeFileSync(path('tsa.cnf'), `${config.join('\n')}\n`);
  const chain = others.length === 0 ? [] : ['-chain', path('others.pem')];
  const files = ['-signer', path('signer.pem'), '-inkey', path('key.pem'), ...chain, '-out', path('reply')];
  const args = ['ts', '-reply', '-config', path('tsa.cnf'), '-section', 'tsa', '-queryfile', path('query'), ...files];
  const made = await run('openssl', args);
  if (made.code !== 0) throw new RangeError(made.stderr);
  return readFileSync(path('reply'));
}

/** A time stamp authority over HTTP; `answer` may change what openssl says, or answer in another way (undefined: it has). */
export interface TsaServer {
  readonly url: string;
  readonly asked: readonly Uint8Array[];
  close(): Promise<void>;
}

/** Starts one on a port of its own. */
export async function startTsa(
  options: TsaOptions,
  answer: (reply: Uint8Array, response: ServerResponse) => Uint8Array | undefined = (reply) => reply,
): Promise<TsaServer> {
  const asked: Uint8Array[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of request) pieces.push(piece);
    const query = Buffer.concat(pieces);
    asked.push(query);
    const body = answer(await opensslStamp(query, options), response);
    if (body !== undefined) response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(body);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
