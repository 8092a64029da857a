import { join } from 'node:path';
import { startSignet } from '../test/support/cli.ts';
import { startDockerRegistry } from '../test/support/docker-registry.ts';

/** A registry to measure at: `name` says which way it lists what refers to an image. */
export interface BenchRegistry {
  readonly name: 'docker-registry (fallback tag)' | 'signet registry (referrers API)';
  readonly host: string;
  stop(): Promise<void>;
}

/** Starts docker-registry 2.8.3. @throws {HarnessError} where it is not installed. */
export async function fallbackRegistry(): Promise<BenchRegistry> {
  const { host, stop } = await startDockerRegistry();
  return { name: 'docker-registry (fallback tag)', host, stop };
}

/** Starts the embedded registry as a process of its own, in a folder of `dir`. @throws {HarnessError} when it does not come up. */
export async function referrersRegistry(dir: string): Promise<BenchRegistry> {
  const args = ['registry', 'serve', '--port', '0', '--root', join(dir, 'registry')];
  const server = await startSignet(args, { ready: /(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)/ });
  const host = `127.0.0.1:${server.match[1] ?? ''}`;
  return { name: 'signet registry (referrers API)', host, stop: () => server.stop('SIGTERM') };
}
