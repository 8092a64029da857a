// Not in npm run check: it runs the real helm and kubectl.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestsFile, renderManifests } from '../../scripts/kubernetes-manifests.ts';
import { root } from '../../scripts/project.ts';
import { signet } from '../support/cli.ts';
import { needPeer } from '../support/peer-paths.ts';
import { itWithPeers, runOk } from '../support/peers.ts';
import { schemaFault } from './kubernetes-schemas.ts';
import { objectsOf, oneOf } from './rendered.ts';

const folder = join(root, 'deploy/kubernetes');

describe('the plain manifests', () => {
  itWithPeers(['helm'], 'are what the chart gives', async () => {
    expect(readFileSync(manifestsFile, 'utf8')).toBe(await renderManifests());
  });

  itWithPeers(
    ['kubectl'],
    'kubectl kustomize puts image and policy in, and every object is valid by its schema',
    async () => {
      const objects = objectsOf(await runOk(needPeer('kubectl'), ['kustomize', folder]));
      const faults = await Promise.all(
        objects.map(async (each) => `${each.kind}: ${(await schemaFault(each)) ?? 'valid'}`),
      );
      expect(faults.filter((fault) => !fault.endsWith(': valid'))).toEqual([]);
      const { spec } = oneOf(objects, 'Deployment').spec.template;
      expect(spec.containers[0].image).toMatch(/^registry\.example\.com\/signet\/signet@sha256:0{64}$/);
      const names = spec.volumes.flatMap((volume: { configMap?: { name: string } }) => volume.configMap?.name ?? []);
      expect(names).toEqual([oneOf(objects, 'ConfigMap').metadata.name]);
      for (const each of objects.filter(({ metadata }) => metadata.namespace !== undefined))
        expect(each.metadata.namespace).toBe('signet');
    },
  );

  it('the policy that they bring admits nothing until it is replaced', async () => {
    const policy = join(folder, 'policy/policy.yaml');
    expect((await signet(['policy', 'check', policy])).code).toBe(0);
    const done = await signet(['verify', '--policy', policy, '--output', 'json', 'registry.example.com/any/image:1']);
    expect(done.code).toBe(1);
    expect(JSON.parse(done.stdout)).toMatchObject({ verdict: 'denied', code: 'NO_RULE' });
  });

  it('the namespace lets only confined pods in', () => {
    const [namespace] = objectsOf(readFileSync(join(folder, 'namespace.yaml'), 'utf8'));
    expect(namespace?.metadata).toMatchObject({ labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
  });
});
