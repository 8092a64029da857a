import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistryClient, type Store } from '@signet/oci';
import { buildAuditStage } from '../../support/audit-stage.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { createTestCa, type TestCa } from '../../support/tls.ts';
import { makeKey } from '../cli-world.ts';
import { type FaultRegistry, startFaultRegistry } from './fault-registry.ts';
import { type Asked, type Images, moving, type Sample, samples } from './images.ts';
import { type Policies, policiesFor } from './policies.ts';

/** Everything around a server that is tried: registry, images, policies, keys, certificates. */
export interface Stage {
  readonly dir: string;
  readonly registry: FaultRegistry;
  readonly images: Images;
  readonly policies: Policies;
  /** The key of the policies, as its file has to be. */
  readonly key: { readonly file: string; readonly text: string };
  readonly ca: TestCa;
  /** Lets the moving tag name the signed image, or the other one, whatever the registry does just now. */
  move(isSigned: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Builds it all, with no fault anywhere. */
export async function createStage(): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'signet-serve-faults-'));
  const upstream = await startEmbeddedRegistry();
  const foreign = { manifest: '/v2/prod/good-0/manifests/1', digest: '' };
  const registry = await startFaultRegistry(upstream.host, () => foreign);
  const client = createRegistryClient();
  const open = (repository: string): Store => client.repository({ registry: upstream.host, repository });
  const [release, other, ca] = await Promise.all([
    makeKey(join(dir, 'release')),
    makeKey(join(dir, 'other')),
    createTestCa(),
  ]);
  await pushAll({ host: registry.host, open, trusted: release.key, other: other.key });
  const placed = await Promise.all(samples.map((sample) => place(sample, open)));
  foreign.digest = placed[0]?.digest ?? '';
  const move = async (isSigned: boolean): Promise<void> => {
    const store = open(moving.repository);
    await store.tag(await store.resolve(isSigned ? moving.signed : moving.unsigned), moving.tag);
  };
  await move(true);
  const refused = placed.filter(({ truth }) => truth === 'refused').map(({ digest }) => digest);
  return {
    dir,
    registry,
    ca,
    images: imagesOf(registry.host, placed),
    policies: policiesFor(registry.host, refused),
    key: { file: release.pub, text: readFileSync(release.pub, 'utf8') },
    move,
    async stop() {
      await client.close();
      await registry.stop();
      await upstream.stop();
      await ca.remove();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface Pushing {
  readonly host: string;
  readonly open: (repository: string) => Store;
  readonly trusted: string;
  readonly other: string;
}

async function pushAll({ open, ...pushing }: Pushing): Promise<void> {
  const kinds = { signed: 'signed', refused: 'signed', unsigned: 'unsigned', foreign: 'wrong-key' } as const;
  await buildAuditStage({
    ...pushing,
    open: async (repository) => open(repository),
    images: samples.length,
    kindOf: (at) => kinds[samples[at]?.truth ?? 'unsigned'],
    nameOf: (at) => samples[at]?.name ?? '',
  });
}

type Placed = Sample & { readonly digest: string };

async function place(sample: Sample, open: (repository: string) => Store): Promise<Placed> {
  const [repository = '', tag = ''] = sample.name.split(':');
  return { ...sample, digest: (await open(repository).resolve(tag)).descriptor.digest };
}

/** Each by its tag, by its digest, and by both; an image that no rule is for; the tag that moves. */
function imagesOf(host: string, placed: readonly Placed[]): Images {
  const asked = placed.flatMap(({ name, rule, truth, digest }): readonly Asked[] => {
    const reference = `${host}/${name}`;
    return [
      { reference, rule, truth, isPinned: false },
      { reference: `${reference}@${digest}`, rule, truth, isPinned: true },
      { reference: `${reference.replace(/:[^:]*$/, '')}@${digest}`, rule, truth, isPinned: true },
    ];
  });
  const stray: Asked = { reference: 'nowhere.invalid/app:1', rule: 'none', truth: 'unsigned', isPinned: false };
  const moved = `${host}/${moving.repository}:${moving.tag}`;
  const good = placed.filter(({ truth }) => truth === 'signed' || truth === 'refused');
  return {
    asked: [...asked, stray, { reference: moved, rule: 'prod', truth: 'moving', isPinned: false }],
    signed: new Set(good.map(({ digest }) => digest)),
    bound: new Map(
      placed.filter(({ rule }) => rule === 'bound').map(({ name, digest }) => [`${host}/${name}`, digest]),
    ),
  };
}
