import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSignet } from '../support/cli.ts';
import { HarnessError } from '../support/harness-error.ts';

/** What pushing and pulling one large blob took. Memory in MiB: the server's, at its highest (resident set). */
export interface BigBlobFigures {
  readonly beforeMiB: number;
  readonly highestMiB: number;
  readonly pushMs: number;
  readonly pullMs: number;
}

const pieceBytes = 1024 * 1024;

/**
 * Pushes a blob of so many MiB as a stream to a registry in a process of its own, pulls it, and compares digests.
 * @throws {HarnessError} when a digest is wrong or a request is refused
 */
export async function bigBlob(mebibytes: number): Promise<BigBlobFigures> {
  const root = mkdtempSync(join(tmpdir(), 'signet-big-'));
  const server = await startSignet(['registry', 'serve', '--root', root, '--port', '0'], { ready: /registry: (\S+)/ });
  try {
    const url = server.match[1] ?? '';
    const pid = server.child.pid ?? 0;
    await pushBig(url, 8); // once, so that what is loaded on demand is there
    const beforeMiB = memoryOf(pid, 'VmHWM');
    const [digest, pushMs] = await timed(() => pushBig(url, mebibytes));
    const [pulled, pullMs] = await timed(() => pullBig(url, digest));
    if (pulled !== digest) throw new HarnessError(`pulled ${pulled}, pushed ${digest}`);
    return { beforeMiB, highestMiB: memoryOf(pid, 'VmHWM'), pushMs, pullMs };
  } finally {
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Pushes a blob of so many MiB to the repository `big`; its digest. */
export async function pushBig(url: string, mebibytes: number): Promise<string> {
  const hash = createHash('sha256');
  const piece = randomBytes(pieceBytes);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === mebibytes) return controller.close();
      const next = Buffer.from(piece);
      next.writeUInt32LE(sent); // no two pieces are alike
      hash.update(next);
      controller.enqueue(next);
      sent += 1;
    },
  });
  const started = await fetch(`${url}/v2/big/blobs/uploads/`, { method: 'POST' });
  const location = `${url}${started.headers.get('location')}`;
  await accepted(await fetch(location, { method: 'PATCH', body, duplex: 'half' }), 202);
  const digest = `sha256:${hash.digest('hex')}`;
  await accepted(await fetch(`${location}?digest=${digest}`, { method: 'PUT' }), 201);
  return digest;
}

/** Pulls a blob of `big`; the digest of what came. */
export async function pullBig(url: string, digest: string): Promise<string> {
  const response = await fetch(`${url}/v2/big/blobs/${digest}`);
  const hash = createHash('sha256');
  for await (const piece of response.body ?? []) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

async function accepted(response: Response, status: number): Promise<void> {
  const text = await response.text();
  if (response.status !== status) throw new HarnessError(`${response.status} ${text}`);
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const started = performance.now();
  return [await work(), performance.now() - started];
}

/** Of Linux's /proc, in MiB. */
export function memoryOf(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}
