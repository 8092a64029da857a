import { randomBytes, randomInt } from 'node:crypto';
import { type Answer, send, sha256 } from './http.ts';
import type { Ledger, OpenUpload, Step, Value } from './ledger.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const octets = { 'Content-Type': 'application/octet-stream' };

export const repositories: readonly string[] = ['team/one', 'team/two'];

/** A client that pushes, tags, mounts and deletes until the server goes away. */
export interface WorkerOptions {
  readonly base: string;
  readonly ledger: Ledger;
  /** The worker's number: tags are its own. */
  readonly id: number;
  /** Answers that a sound server does not give. */
  readonly faults: string[];
}

interface Image {
  readonly bytes: Buffer;
  readonly digest: string;
}

/** Works until a connection breaks, which is how it learns of the kill. */
export async function work(options: WorkerOptions): Promise<void> {
  const worker = new Worker(options);
  try {
    for (;;) await worker.oneStep();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch: the server is gone
  }
}

class Worker {
  readonly #options: WorkerOptions;
  readonly #images: Image[] = [];
  readonly #blobs: string[] = [];
  readonly #repository: string;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#repository = pick(repositories) ?? '';
  }

  async oneStep(): Promise<void> {
    const steps = [
      () => this.#pushBlob(randomBytes(randomInt(2, 70_000))),
      () => this.#pushBlob(randomBytes(randomInt(2, 3_000_000))),
      () => this.#pushWhole(),
      () => this.#pushImage({}, 'tag'),
      () => this.#pushImage({}, 'tag'),
      () => this.#pushImage({}, 'digest'),
      () => this.#pushReferrer(),
      () => this.#retag(),
      () => this.#mount(),
      () => this.#deleteTag(),
      () => this.#deleteManifest(),
      () => this.#deleteBlob(),
    ];
    await pick(steps)?.();
  }

  async #pushBlob(bytes: Buffer): Promise<string> {
    const digest = sha256(bytes);
    const started = await this.#send(`/v2/${this.#repository}/blobs/uploads/`, { method: 'POST' }, 202);
    const location = started.headers.get('location') ?? '';
    const state = { acked: 0, sent: 0, isFinishing: false };
    const upload: OpenUpload = { location, repository: this.#repository, bytes, digest, ...state };
    this.#options.ledger.uploads.set(location, upload);
    const piece = Math.ceil(bytes.length / randomInt(1, 5));
    for (let at = 0; at < bytes.length; at += piece) await this.#patch(upload, at, Math.min(at + piece, bytes.length));
    const step = this.#begin([[this.#blob(digest), digest]]);
    upload.isFinishing = true;
    await this.#send(`${location}?digest=${digest}`, { method: 'PUT', headers: octets }, 201);
    this.#options.ledger.uploads.delete(location);
    this.#options.ledger.acknowledge(step);
    return digest;
  }

  async #patch(upload: OpenUpload, start: number, end: number): Promise<void> {
    upload.sent = end;
    const headers = { ...octets, 'Content-Range': `${start}-${end - 1}` };
    await this.#send(upload.location, { method: 'PATCH', headers, body: upload.bytes.subarray(start, end) }, 202);
    upload.acked = end;
  }

  async #pushWhole(): Promise<void> {
    const body = randomBytes(randomInt(2, 70_000));
    const digest = sha256(body);
    const path = `/v2/${this.#repository}/blobs/uploads/?digest=${digest}`;
    await this.#do([[this.#blob(digest), digest]], () =>
      this.#send(path, { method: 'POST', headers: octets, body }, 201),
    );
    this.#blobs.push(digest);
  }

  async #pushImage(more: object, by: 'tag' | 'digest'): Promise<void> {
    const [config, layer] = [randomBytes(40), randomBytes(400)];
    for (const blob of [config, layer]) await this.#pushBlob(blob);
    const type = 'application/vnd.example.part';
    const describe = (blob: Buffer): object => ({ mediaType: type, digest: sha256(blob), size: blob.length });
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config: describe(config), layers: [describe(layer)] };
    const bytes = Buffer.from(JSON.stringify({ ...manifest, ...more }));
    const image = { bytes, digest: sha256(bytes) };
    const subject = 'subject' in more ? (more.subject as { digest: string }).digest : undefined;
    await this.#putManifest(image, by === 'tag' ? [this.#tag()] : [], subject);
    this.#images.push(image);
  }

  async #pushReferrer(): Promise<void> {
    const image = pick(this.#images);
    if (image === undefined) return;
    const subject = { mediaType: MANIFEST, digest: image.digest, size: image.bytes.length };
    await this.#pushImage({ artifactType: 'application/vnd.example.note', subject }, 'digest');
  }

  /** By digest with two tags the tags are written one after the other: not in one step. */
  async #retag(): Promise<void> {
    const image = pick(this.#images);
    if (image !== undefined) await this.#putManifest(image, randomInt(2) === 0 ? [this.#tag()] : this.#tags());
  }

  async #putManifest({ bytes, digest }: Image, tags: readonly string[], subject?: string): Promise<void> {
    const { ledger } = this.#options;
    const changes: [string, Value][] = [[this.#manifest(digest), digest]];
    for (const tag of tags) changes.push([this.#manifest(tag), digest]);
    const list = subject === undefined ? undefined : `/v2/${this.#repository}/referrers/${subject}#${digest}`;
    if (list !== undefined) changes.push([list, digest]);
    // A referrer that was deleted and is pushed again by #retag is listed again.
    for (const [path] of ledger.acked) if (path.endsWith(`#${digest}`)) changes.push([path, digest]);
    const [tag, ...others] = tags;
    const query = tags.map((name) => `tag=${name}`).join('&');
    const path = others.length === 0 && tag !== undefined ? this.#manifest(tag) : `${this.#manifest(digest)}?${query}`;
    const put = { method: 'PUT', headers: { 'Content-Type': MANIFEST }, body: bytes };
    await this.#do(changes, () => this.#send(path, put, 201), others.length === 0);
  }

  async #mount(): Promise<void> {
    const digest = pick(this.#blobs);
    const other = repositories.find((name) => name !== this.#repository);
    if (digest === undefined || other === undefined) return;
    const path = `/v2/${other}/blobs/uploads/?mount=${digest}&from=${this.#repository}`;
    const changes: [string, Value][] = [[`/v2/${other}/blobs/${digest}`, digest]];
    await this.#do(changes, () => this.#send(path, { method: 'POST' }, 201));
  }

  async #deleteTag(): Promise<void> {
    const path = this.#manifest(this.#tag());
    if (this.#options.ledger.now(path) === null) return;
    await this.#do([[path, null]], () => this.#send(path, { method: 'DELETE' }, 202));
  }

  async #deleteManifest(): Promise<void> {
    const [image] = this.#images.splice(randomInt(this.#images.length + 1), 1);
    if (image === undefined) return;
    const { ledger } = this.#options;
    const gone: [string, Value][] = [[this.#manifest(image.digest), null]];
    for (const tag of this.#tags()) {
      if (ledger.now(this.#manifest(tag)) === image.digest) gone.push([this.#manifest(tag), null]);
    }
    for (const [path] of ledger.acked) if (path.endsWith(`#${image.digest}`)) gone.push([path, null]);
    await this.#do(gone, () => this.#send(this.#manifest(image.digest), { method: 'DELETE' }, 202));
  }

  async #deleteBlob(): Promise<void> {
    const [digest] = this.#blobs.splice(randomInt(this.#blobs.length + 1), 1);
    if (digest === undefined) return;
    const path = this.#blob(digest);
    await this.#do([[path, null]], () => this.#send(path, { method: 'DELETE' }, 202));
  }

  async #do(changes: [string, Value][], request: () => Promise<unknown>, isAtomic = true): Promise<void> {
    const step = this.#begin(changes, isAtomic);
    await request();
    this.#options.ledger.acknowledge(step);
  }

  #begin(changes: [string, Value][], isAtomic = true): Step {
    return this.#options.ledger.begin(changes, isAtomic);
  }

  async #send(path: string, sending: Parameters<typeof send>[2], wanted: number): Promise<Answer> {
    const answer = await send(this.#options.base, path, sending);
    if (answer.status !== wanted)
      this.#options.faults.push(`${sending?.method} ${path}: ${answer.status} ${answer.body.toString().slice(0, 200)}`);
    return answer;
  }

  #blob(digest: string): string {
    return `/v2/${this.#repository}/blobs/${digest}`;
  }

  #manifest(reference: string): string {
    return `/v2/${this.#repository}/manifests/${reference}`;
  }

  #tags(): readonly string[] {
    return [0, 1, 2, 3].map((n) => `w${this.#options.id}-t${n}`);
  }

  #tag(): string {
    return pick(this.#tags()) ?? '';
  }
}

function pick<T>(list: readonly T[]): T | undefined {
  return list.length === 0 ? undefined : list[randomInt(list.length)];
}
