import { parseReference, type Source } from '@signet/oci';
import { buildTree, type KeyRuleOptions, renderTree, ruleForKeys, verify } from '@signet/verifier';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { startCraneRegistry } from '../support/crane-registry.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import {
  type CosignKey,
  type CosignKeyKind,
  cosign,
  cosignKey,
  pushSample,
  signBundle,
  signSimple,
} from './cosign-world.ts';
import { httpSource } from './http-source.ts';

const peers = ['cosign', 'cosign2', 'oras', 'docker-registry', 'crane'] as const;
const kinds: readonly CosignKeyKind[] = ['p256', 'p384', 'p521', 'rsa-2048', 'rsa-4096'];
const servers = { 'docker-registry': startDockerRegistry, "crane's registry": startCraneRegistry };

for (const [title, start] of Object.entries(servers)) {
  describe(`what cosign wrote, on ${title}`, () => {
    let registry: TestRegistry;
    let folder: string;
    let other: CosignKey;
    let count = 0;

    beforeAll(async () => {
      if (!havePeers(peers)) return;
      folder = tempDir();
      registry = await start();
      other = await cosignKey(folder, 'p256', 'other');
    });
    afterAll(() => registry?.stop());

    /** A new image in a repository of its own. */
    const newImage = async () => {
      count += 1;
      const repository = `app${count}`;
      const name = `${registry.host}/${repository}`;
      const digest = await pushSample(folder, `${name}:1`);
      const source: Source = httpSource(registry.host, repository);
      const ask = (keys: readonly CosignKey[], reference = `${name}:1`, options: Partial<KeyRuleOptions> = {}) => {
        const rule = ruleForKeys({ keys: keys.map(({ publicKey }) => publicKey), ...options });
        return verify(parseReference(reference), { rule, source, atMs: 0 });
      };
      return { name, digest, pinned: `${name}@${digest}`, source, ask };
    };

    for (const kind of kinds) {
      itWithPeers(peers, `a bundle by cosign 3 with ${kind}`, async () => {
        const image = await newImage();
        const key = await cosignKey(folder, kind, `bundle-${kind}`);
        expect(await image.ask([key])).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
        await signBundle(folder, key, image.pinned, ['-a', 'env=prod']);
        expect(await image.ask([key])).toMatchObject({ verdict: 'verified', digest: image.digest, tag: 'digest-only' });
        expect(await image.ask([other, key], image.pinned, { annotations: { env: 'prod' } })).toMatchObject({
          verdict: 'verified',
        });
        expect(await image.ask([other])).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
        expect(await image.ask([key], `${image.name}:1`, { annotations: { env: 'dev' } })).toMatchObject({
          code: 'ANNOTATION_MISMATCH',
        });
        expect(await image.ask([key], `${image.name}:1`, { tagBound: true })).toMatchObject({
          verdict: 'denied',
          code: 'TAG_MISMATCH',
        });
      });

      for (const program of ['cosign', 'cosign2'] as const) {
        itWithPeers(peers, `the older form by ${program} with ${kind}`, async () => {
          const image = await newImage();
          const key = await cosignKey(folder, kind, `simple-${program}-${kind}`);
          await signSimple(folder, key, image.pinned, { program, more: ['-a', 'env=prod'] });
          expect(await image.ask([key])).toMatchObject({ verdict: 'verified', digest: image.digest });
          expect(await image.ask([key], image.pinned, { annotations: { env: 'prod' } })).toMatchObject({
            verdict: 'verified',
          });
          expect(await image.ask([key], image.pinned, { tagBound: true })).toMatchObject({
            verdict: 'verified',
            tag: 'repository-only',
          });
          expect(await image.ask([other])).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
        });
      }
    }

    itWithPeers(peers, 'bundle and older form side by side, by two signers', async () => {
      const image = await newImage();
      const [one, two] = [await cosignKey(folder, 'p256', 'one'), await cosignKey(folder, 'p256', 'two')];
      await signBundle(folder, one, image.pinned);
      const both = { atLeast: 2 };
      expect(await image.ask([one, two], image.pinned, both)).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
      await signSimple(folder, two, image.pinned);
      expect(await image.ask([one, two], image.pinned, both)).toMatchObject({ verdict: 'verified' });
      const tree = await buildTree(image.source, await image.source.resolve('1'));
      expect(tree.root.children.map(({ link }) => link.kind)).toEqual(['referrer', 'tag']);
      expect(renderTree(tree, image.name)).toContain('says: signature');
    });

    itWithPeers(peers, "cosign's attestation alone: no signature for us, though cosign verify takes it", async () => {
      const image = await newImage();
      const key = await cosignKey(folder, 'p256', 'attester');
      await signBundle(folder, key, (await newImage()).pinned); // makes the signing configuration
      const config = ['--signing-config', 'sc.json', '--trusted-root', 'tr.json'];
      const attest = await cosign(folder, [
        'attest',
        '-y',
        '--key',
        key.privateFile,
        '--predicate',
        'sample.txt',
        '--type',
        'custom',
        ...config,
        image.pinned,
      ]);
      expect(attest.code, attest.stderr).toBe(0);
      const verified = await cosign(folder, [
        'verify',
        '--key',
        key.publicFile,
        '--insecure-ignore-tlog',
        '--trusted-root',
        'tr.json',
        image.pinned,
      ]);
      expect(verified.code, verified.stderr).toBe(0);
      expect(await image.ask([key])).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
    });
  });
}
