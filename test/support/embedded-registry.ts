import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RegistryOptions, startRegistry } from '@signet/registry';
import { hash } from 'bcryptjs';
import type { TestRegistry } from './docker-registry.ts';
import { createTestCa } from './tls.ts';

/** `tls` makes a CA of its own; `htpasswd` asks for credentials: Basic, or Bearer with `token`. `root`: a folder that stays. */
export interface EmbeddedRegistryOptions
  extends Pick<
    RegistryOptions,
    'referrersApi' | 'conditionalWrites' | 'immutableTags' | 'token' | 'logger' | 'limits' | 'now'
  > {
  readonly tls?: boolean;
  readonly htpasswd?: boolean;
  readonly root?: string;
}

const username = 'signet';
const password = 'correct horse battery';

/** Starts the embedded registry in this process, on a free loopback port and (without `root`) in a temporary folder. */
export async function startEmbeddedRegistry(options: EmbeddedRegistryOptions = {}): Promise<TestRegistry> {
  const { tls = false, htpasswd = false, ...others } = options;
  const root = options.root ?? (await mkdtemp(join(tmpdir(), 'signet-embedded-registry-')));
  const ca = tls ? await createTestCa() : undefined;
  const server = await startRegistry({
    ...others,
    root,
    ...(ca === undefined ? {} : { tls: await ca.issue() }),
    ...(htpasswd ? { auth: { htpasswd: `${username}:${await hash(password, 4)}\n` } } : {}),
    limits: { closeMs: 1000, ...options.limits },
  });
  return {
    host: server.address,
    url: server.url,
    ...(ca === undefined ? {} : { caFile: ca.caFile, ca: ca.ca }),
    ...(htpasswd ? { username, password } : {}),
    async stop() {
      await server.close();
      if (options.root === undefined) await rm(root, { recursive: true, force: true, maxRetries: 3 });
      await ca?.remove();
    },
  };
}
