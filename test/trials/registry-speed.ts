import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpeedClient } from '../registry/speed.ts';
import { startSignet } from '../support/cli.ts';
import { startCraneRegistry } from '../support/crane-registry.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';

/** One line for the list of trials. */
export const about: string =
  'requests to the embedded registry beside docker-registry, crane registry serve (in memory) and a bare node:http server';

const rounds = 150;

/** `npm run trial -- registry-speed [ENTRIES]`: so many tags in the repository (default 1000). */
export async function trial([entries = '1000']: readonly string[]): Promise<boolean> {
  const root = mkdtempSync(join(tmpdir(), 'signet-speed-'));
  const serve = ['registry', 'serve', '--root', root, '--port', '0'];
  const signet = await startSignet(serve, { ready: /registry: (\S+)/ });
  const [docker, crane, bare] = [await startDockerRegistry(), await startCraneRegistry(), await startBare()];
  const runners = [
    { name: 'signet', url: signet.match[1] ?? '' },
    { name: 'docker-registry', url: docker.url },
    { name: 'crane', url: crane.url },
    { name: 'bare node:http', url: bare.url },
  ];
  const clients = runners.map((runner) => ({ name: runner.name, client: new SpeedClient(runner) }));
  try {
    for (const { client } of clients) await client.prepare(Number(entries));
    // In turns, so that what else the machine does meets all of them.
    for (let round = 0; round < rounds; round += 1) for (const { client } of clients) await client.round();
    for (const { name, client } of clients) print(name, client);
  } finally {
    for (const { client } of clients) client.close();
    await Promise.all([signet.stop(), docker.stop(), crane.stop(), bare.stop()]);
    rmSync(root, { recursive: true, force: true });
  }
  return true;
}

function print(name: string, { times }: SpeedClient): void {
  const cells = [...times].map(([what, list]) => {
    const sorted = list.sort((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
    return `${what} ${at(0.5)} (${at(0.1)}–${at(0.9)})`;
  });
  console.log(`${name.padEnd(16)} ms, median (10–90 %): ${cells.join('; ')}`);
}

/** Answers 200 to everything: what node and the connection cost. */
async function startBare(): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.writeHead(200, { Location: '/', 'Content-Length': 2 }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, stop };
}
