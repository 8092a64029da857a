import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { HarnessError } from '../support/harness-error.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const octets = { 'Content-Type': 'application/octet-stream' };

/** A registry to be measured. */
export interface Runner {
  readonly name: string;
  readonly url: string;
}

/** Milliseconds by what was done. */
export type Times = Map<string, number[]>;

/** A client over one connection, so that what is measured is the server. */
export class SpeedClient {
  readonly times: Times = new Map();
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  #subject: { digest: string; size: number } | undefined;

  constructor({ url }: Runner) {
    this.#url = url;
  }

  /** One image with a referrer, to read; `entries` more tags, so that listings and indexes have their length. */
  async prepare(entries: number): Promise<void> {
    const image = await this.#pushImage({}, 'v1');
    this.#subject = image;
    const subject = { mediaType: MANIFEST, ...image };
    await this.#pushImage({ subject, artifactType: 'application/vnd.example.signature' }, undefined);
    for (let at = 0; at < entries; at += 50) {
      const many = Array.from({ length: Math.min(50, entries - at) }, (_, n) => this.#putIndex(`fill-${at + n}`));
      await Promise.all(many);
    }
  }

  /** One of every kind of request. */
  async round(): Promise<void> {
    const digest = this.#subject?.digest ?? '';
    await this.#measure('GET /v2/', () => this.#send('GET', '/v2/'));
    await this.#measure('HEAD manifest', () => this.#send('HEAD', '/v2/app/manifests/v1'));
    await this.#measure('GET manifest', () => this.#send('GET', `/v2/app/manifests/${digest}`));
    await this.#measure('GET referrers', () => this.#send('GET', `/v2/app/referrers/${digest}`, { allow404: true }));
    await this.#measure('push blob', () => this.#pushBlob(randomBytes(1000)));
    await this.#measure('push manifest', () => this.#putIndex(`tag-${randomBytes(8).toString('hex')}`));
  }

  close(): void {
    this.#agent.destroy();
  }

  async #measure(what: string, work: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    await work();
    const list = this.times.get(what) ?? [];
    list.push(performance.now() - started);
    this.times.set(what, list);
  }

  async #putIndex(tag: string): Promise<void> {
    const body = Buffer.from(
      `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[],"annotations":{"tag":"${tag}"}}`,
    );
    await this.#send('PUT', `/v2/app/manifests/${tag}`, { headers: { 'Content-Type': INDEX }, body });
  }

  async #pushImage(more: object, tag: string | undefined): Promise<{ digest: string; size: number }> {
    const blob = randomBytes(500);
    const config = { mediaType: 'application/vnd.example.config', digest: await this.#pushBlob(blob), size: 500 };
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [config], ...more };
    const body = Buffer.from(JSON.stringify(manifest));
    const digest = sha256(body);
    await this.#send('PUT', `/v2/app/manifests/${tag ?? digest}`, { headers: { 'Content-Type': MANIFEST }, body });
    return { digest, size: body.length };
  }

  async #pushBlob(body: Buffer): Promise<string> {
    const digest = sha256(body);
    const location = await this.#send('POST', '/v2/app/blobs/uploads/');
    const url = new URL(location, this.#url);
    url.searchParams.set('digest', digest);
    await this.#send('PUT', url.href, { headers: octets, body });
    return digest;
  }

  /** Gives the Location. */
  #send(method: string, path: string, { headers = {}, body, allow404 = false }: Sending = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': body.length };
      // docker-registry has an OCI manifest only for who asks for one.
      const options = {
        method,
        agent: this.#agent,
        headers: { Accept: `${MANIFEST}, ${INDEX}`, ...headers, ...length },
      };
      const sent = request(new URL(path, this.#url), options, (response) => {
        const status = response.statusCode ?? 0;
        response.resume();
        response.once('end', () => {
          if (status < 400 || (allow404 && status === 404)) resolve(response.headers.location ?? '');
          else reject(new HarnessError(`${method} ${path}: ${status}`));
        });
        response.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly allow404?: boolean;
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
