import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonLines, makeKey, ok } from '../e2e/cli-world.ts';
import { buildAuditStage } from '../support/audit-stage.ts';
import { signet, startSignet } from '../support/cli.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { runOk, type StartedProcess } from '../support/process.ts';
import { createTestCa } from '../support/tls.ts';
import type { LoadPlan, LoadResult } from './serve-load/client.ts';

/** One line for the list of trials. */
export const about: string =
  'signet serve under load: warm reviews (plain, TLS), a cold herd, a slow and failing registry [seconds of each, default 20]';

const imageCount = 200;
/** Every tenth image is not signed. */
const isSigned = (at: number): boolean => at % 10 !== 9;
const nameOf = (at: number): string => `app-${at}:v1`;

/** `npm run trial -- serve-load [SECONDS]` */
export async function trial([seconds = '20']: readonly string[]): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), 'signet-serve-trial-'));
  const registry = await startSignet(['registry', 'serve', '--port', '0', '--root', join(dir, 'registry')], {
    ready: /registry: https?:\/\/(\S+)/,
  });
  const host = registry.match[1]?.replace(/\/$/, '') ?? '';
  try {
    const [trusted, other] = await Promise.all([makeKey(join(dir, 'k')), makeKey(join(dir, 'o'))]);
    const keys = { trusted: trusted.key, other: other.key };
    const kindOf = (at: number) => (isSigned(at) ? 'signed' : 'unsigned');
    await buildAuditStage({ host, images: imageCount, kindOf, nameOf, ...keys });
    const stage = { dir, host, digests: await digestsOf(host, dir), ms: Number(seconds) * 1000 };
    const checks = [await warm(stage), await herd(stage), await trouble(stage)];
    return checks.every(Boolean);
  } finally {
    await registry.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

interface Stage {
  readonly dir: string;
  readonly host: string;
  readonly digests: readonly string[];
  readonly ms: number;
}

/** What all images are, asked once by the program itself. */
async function digestsOf(host: string, dir: string): Promise<readonly string[]> {
  const list = join(dir, 'images.txt');
  const references = Array.from({ length: imageCount }, (_, at) => `${host}/${nameOf(at)}`);
  writeFileSync(list, `${references.join('\n')}\n`);
  const { stdout } = await signet(['verify', '-', '--key', join(dir, 'k.pub'), '--output', 'json'], {
    input: readFileSync(list, 'utf8'),
  });
  return jsonLines(stdout).map(({ digest }) => String(digest));
}

/** 3-container pods over 200 images, all known: how many a second, how long, how much memory; and beside one process a verification. */
async function warm(stage: Stage): Promise<boolean> {
  const ca = await createTestCa();
  const { certFile, keyFile } = await ca.issue();
  const plain = await warmBy(stage, 'plain', {}, []);
  const tls = await warmBy(stage, 'TLS', { caFile: ca.caFile }, ['--tls-cert', certFile, '--tls-key', keyFile]);
  await ca.remove();
  const { result, rssMiB } = plain;
  const single = await oneProcessEach(stage);
  console.log(
    `one process a verification: ${single.toFixed(0)} ms an image; a kept answer: ${(1000 / (result.perSecond * 3)).toFixed(3)} ms, ${Math.round((single * result.perSecond * 3) / 1000)} times as many`,
  );
  return told({
    'at least 5,000 reviews a second': result.perSecond >= 5000,
    'p99 at most 20 ms': result.p99 <= 20,
    'memory at most 200 MiB': Math.max(rssMiB, tls.rssMiB) <= 200,
    'no wrong answer, none missing': [plain, tls].every(({ result: { wrong, refused, failed, late } }) =>
      [wrong, refused, failed, late].every((count) => count === 0),
    ),
  });
}

/** Before it is measured, the server has had as many reviews as make its code warm, too. */
const warmUp = 20_000;

async function warmBy(stage: Stage, name: string, trust: Pick<LoadPlan, 'caFile'>, args: readonly string[]) {
  const server = await serve(stage, stage.host, ...args);
  const plan = { url: server.url, ...trust, images: imagesAt(stage, stage.host), timeoutMs: 10_000 };
  await loadBy({ ...plan, connections: 4, ms: 60_000, requests: imageCount });
  await loadBy({ ...plan, connections: 16, ms: 60_000, requests: warmUp });
  const before = cpuMillisOf(server.child.pid);
  const result = await loadBy({ ...plan, connections: 16, ms: stage.ms });
  const micros = Math.round(((cpuMillisOf(server.child.pid) - before) * 1000) / result.answers);
  const rssMiB = rssOf(server.child.pid);
  await server.stop();
  console.log(
    `warm, ${name}: ${show(result)}; processor time of a review: ${micros} µs (and ${result.ownMicros} µs of the client); resident ${rssMiB} MiB`,
  );
  return { result, rssMiB };
}

/** 500 equal questions to a server that knows nothing cost the registry what one costs. */
async function herd(stage: Stage): Promise<boolean> {
  const requestsOf = async (requests: number): Promise<{ readonly result: LoadResult; readonly asked: number }> => {
    const proxy = await startCountingProxy(stage.host, 20);
    const server = await serve(stage, proxy.host);
    const images = imagesAt(stage, proxy.host);
    const plan = {
      url: server.url,
      images,
      connections: requests,
      requests,
      same: true,
      ms: 30_000,
      timeoutMs: 10_000,
    };
    const result = await loadBy(plan);
    const asked = proxy.requests().length;
    await server.stop();
    await proxy.stop();
    return { result, asked };
  };
  const one = await requestsOf(1);
  const many = await requestsOf(500);
  console.log(`herd: ${show(many.result)}; ${many.asked} requests to the registry, ${one.asked} for a single question`);
  return told({
    'as many requests as for one': many.asked === one.asked,
    'all were answered': many.result.answers === 500 && many.result.failed === 0 && many.result.refused === 0,
  });
}

/** 20 ms to the registry, one request of a hundred fails, and nothing is kept for longer than a second. */
async function trouble(stage: Stage): Promise<boolean> {
  const proxy: CountingProxy = await startCountingProxy(stage.host, 20, () => (Math.random() < 0.01 ? 503 : undefined));
  const lifetimes = ['--fresh', '1s', '--stale', '1s', '--denied', '500ms', '--tags', '500ms'];
  const server = await serve(stage, proxy.host, ...lifetimes);
  const images = imagesAt(stage, proxy.host);
  const result = await loadBy({ url: server.url, images, connections: 16, ms: stage.ms, timeoutMs: 3000 });
  const asked = proxy.requests().length;
  await server.stop();
  await proxy.stop();
  console.log(`trouble: ${show(result)}; ${asked} requests to the registry`);
  return told({ 'no wrong answer': result.wrong === 0, 'every answer in time': result.late + result.failed === 0 });
}

function imagesAt({ digests }: Stage, host: string): LoadPlan['images'] {
  return digests.map((digest, at) => ({ reference: `${host}/${nameOf(at)}@${digest}`, isGood: isSigned(at) }));
}

async function serve(
  { dir }: Stage,
  host: string,
  ...args: readonly string[]
): Promise<StartedProcess & { readonly url: string }> {
  const policy = join(dir, 'policy.yaml');
  const rule = `{ name: all, images: ["${host}/**"], require: release }`;
  writeFileSync(policy, `version: 1\ntrust:\n  release: { keys: [k.pub] }\nrules:\n  - ${rule}\n`);
  const command = ['serve', '--port', '0', '--policy', policy, '--log-level', 'error', ...args];
  const server = await startSignet(command, { ready: /signet serves (\S+)/ });
  return { ...server, url: server.match[1] ?? '' };
}

/** From a process of its own: it must not share a core's time with the server more than it has to. */
async function loadBy(plan: LoadPlan): Promise<LoadResult> {
  const client = fileURLToPath(new URL('./serve-load/client.ts', import.meta.url));
  const args = ['-C', '@signet/source', client, JSON.stringify(plan)];
  return JSON.parse(await runOk(process.execPath, args, { timeoutMs: plan.ms + 60_000 }));
}

/** Milliseconds of a `signet verify` by the same policy, over ten images. */
async function oneProcessEach(stage: Stage): Promise<number> {
  const images = imagesAt(stage, stage.host).slice(0, 9);
  const started = performance.now();
  for (const { reference } of images) await ok(['verify', reference, '--policy', join(stage.dir, 'policy.yaml')]);
  return (performance.now() - started) / images.length;
}

/** Milliseconds of processor time that a process has had, in user and system mode. Rule: proc(5), /proc/PID/stat */
function cpuMillisOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const ticksPerSecond = 100;
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

function rssOf(pid: number | undefined): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

function show({ perSecond, p50, p99, max, answers, wrong, refused, late, failed }: LoadResult): string {
  return `${perSecond} reviews/s (p50 ${p50}, p99 ${p99}, max ${max} ms), ${answers} answers: ${wrong} wrong, ${refused} good ones refused, ${late} late, ${failed} without an answer`;
}

function told(checks: Readonly<Record<string, boolean>>): boolean {
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}`);
  return Object.values(checks).every(Boolean);
}
