import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createDctWorld } from '../test/interop/dct-world.ts';
import { needPeer } from '../test/support/peer-paths.ts';
import type { Call } from './contestants.ts';

/** Docker Content Trust with one signed tag, as the last of its users have it. */
export interface DockerTrust {
  /** `HOST:PORT` of its Notary server, which speaks TLS. */
  readonly notary: string;
  /** `docker trust inspect` of the tag, with what its client remembers of the repository, or without. */
  inspect(notary: string, memory: 'cold' | 'warm'): Call;
  stop(): Promise<void>;
}

/** Starts docker 28 and notary-server 0.7 and signs a tag. @throws {HarnessError} where they are missing, refuse, or mounts are not allowed */
export async function startDockerTrust(): Promise<DockerTrust> {
  const world = await createDctWorld();
  await world.makeImage('v1', 'benchmark');
  await world.shell(`docker push ${world.repository}:v1`, true);
  const config = dirname(world.trustFolder);
  const { host: notary } = new URL(world.notaryUrl);
  return {
    notary,
    inspect(server, memory) {
      if (memory === 'cold') rmSync(join(world.trustFolder, 'tuf'), { recursive: true, force: true });
      mkdirSync(join(config, 'tls', server), { recursive: true });
      if (server !== notary) copyFileSync(join(config, 'tls', notary, 'ca.crt'), join(config, 'tls', server, 'ca.crt'));
      const env = { DOCKER_CONFIG: config, HOME: config, DOCKER_CONTENT_TRUST_SERVER: `https://${server}` };
      return { command: needPeer('docker'), args: ['trust', 'inspect', `${world.repository}:v1`], env };
    },
    stop: () => world.stop(),
  };
}
