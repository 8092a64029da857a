import { createHash } from 'node:crypto';
import { request } from 'node:https';
import { type SeenRequest, startHostileRegistry } from '../../support/hostile-registry.ts';
import type { NotaryServer } from '../../support/notary-server.ts';
import type { TestCa } from '../../support/tls.ts';

/** Whoever has taken over the address of a Notary server: he passes on what he likes, and answers what he likes. */
export interface TrustFront extends NotaryServer {
  /** Answers this for a path from now on. */
  answer(path: string, body: Buffer): void;
  /** Asks for another repository than was asked. */
  redirect(from: string, to: string): void;
  /** Passes everything on again. */
  behave(): void;
  /** What the server says at a path. */
  read(path: string): Promise<Buffer>;
}

/** The path of a metadata file. Rule: dct.md */
export function trustPath(gun: string, file: string): string {
  return `/v2/${gun}/_trust/tuf/${file}.json`;
}

/** Before this server, with a certificate of the authority that clients trust. */
export async function startTrustFront(notary: NotaryServer, ca: TestCa): Promise<TrustFront> {
  const answers = new Map<string, Buffer>();
  let rename: readonly [from: string, to: string] | undefined;
  const forward = (method: string, path: string, headers: SeenRequest['headers'], body: string) =>
    send(`${notary.url}${path}`, { method, headers, body, ca: ca.ca });
  const front = await startHostileRegistry(
    ({ method, url, headers, body }, response) => {
      const own = answers.get(url);
      if (own !== undefined) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(own);
        return;
      }
      const path = rename === undefined ? url : url.replace(rename[0], rename[1]);
      forward(method, path, headers, body).then(
        ({ status, type, bytes }) => response.writeHead(status, { 'content-type': type }).end(bytes),
        () => response.destroy(),
      );
    },
    await ca.issue(),
  );
  const host = front.host.replace('127.0.0.1', 'localhost');
  return {
    host,
    url: `https://${host}`,
    answer: (path, body) => void answers.set(path, body),
    redirect: (from, to) => {
      rename = [from, to];
    },
    behave() {
      answers.clear();
      rename = undefined;
    },
    read: async (path) => (await forward('GET', path, {}, '')).bytes,
    stop: front.stop,
  };
}

/** Lets the front answer with a whole repository, by the names that clients ask for. */
export function serveTrust(front: TrustFront, gun: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [role, file] of files) {
    const hash = createHash('sha256').update(file).digest('hex');
    for (const name of [role, `${role}.${hash}`, ...(role === 'root' ? ['1.root'] : [])])
      front.answer(trustPath(gun, name), file);
  }
}

interface Sent {
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
}

function send(
  url: string,
  what: {
    readonly method: string;
    readonly headers: SeenRequest['headers'];
    readonly body: string;
    readonly ca: string;
  },
): Promise<Sent> {
  const { method, headers, body, ca } = what;
  const { host: _, 'content-length': __, ...others } = headers;
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: others, ca }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 502,
          type: answer.headers['content-type'] ?? 'application/json',
          bytes: Buffer.concat(chunks),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
