import { request } from 'node:https';
import { describe, expect } from 'vitest';
import { startCraneRegistry } from '../support/crane-registry.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { itWithPeers } from '../support/peers.ts';

describe('the registries that tests start', () => {
  itWithPeers(['docker-registry'], 'docker-registry answers over plain HTTP and is gone after stop', async () => {
    const registry = await startDockerRegistry();
    expect((await fetch(`${registry.url}/v2/`)).status).toBe(200);
    await registry.stop();
    await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow();
  });

  itWithPeers(
    ['docker-registry'],
    'docker-registry with TLS and htpasswd refuses the anonymous, takes the password',
    async () => {
      const registry = await startDockerRegistry({ tls: true, htpasswd: true });
      try {
        expect(await statusOf(registry, undefined)).toBe(401);
        expect(await statusOf(registry, `${registry.username}:wrong`)).toBe(401);
        expect(await statusOf(registry, `${registry.username}:${registry.password}`)).toBe(200);
      } finally {
        await registry.stop();
      }
    },
  );

  itWithPeers(['crane'], "crane's registry answers", async () => {
    const registry = await startCraneRegistry();
    expect((await fetch(`${registry.url}/v2/`)).status).toBe(200);
    await registry.stop();
  });
});

function statusOf(registry: { readonly url: string; readonly ca?: string }, auth: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      agent: false,
      ...(registry.ca === undefined ? {} : { ca: registry.ca }),
      ...(auth === undefined ? {} : { auth }),
    };
    const asked = request(`${registry.url}/v2/`, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}
