import { type Descriptor, type Digest, RegistryError, type Resolved, type Source } from '@signet/oci';
import type { Policy } from '@signet/verifier';
import type { CustomPaths } from '@signet/workloads';
import { createImages } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { type TestKey, testKey } from '../../verifier/signatures.ts';

/** What the requests of the corpus are asked about: a registry with these images, and a policy. */
export interface World {
  readonly policy: Policy;
  readonly open: () => Source;
  readonly customPaths: CustomPaths;
  /** By the names of {@link createWorld}. The same every time: the files of the corpus hold them. */
  readonly digests: Readonly<Record<string, Digest>>;
}

type ImageName =
  | ('web' | 'sidecar' | 'init' | 'debug' | 'models')
  | ('unsigned' | 'mallory' | 'multi' | 'badchild' | 'refused' | 'bound');

/** Of `registry.example.com`; repositories share the images, so that only the rule differs. */
const repositories = {
  'registry.example.com/prod/**': {},
  'registry.example.com/warn/**': { mode: 'warn' },
  'registry.example.com/audit/**': { mode: 'audit' },
  'registry.example.com/skip/**': { mode: 'skip' },
  'registry.example.com/tags/**': { allowUnpinned: true },
  'registry.example.com/bound/**': { tag: 'bound' },
  'docker.io/library/*': {},
  '*/anywhere/**': {},
} as const;

/**
 * Tags: `1.4` (web), `2.0` (sidecar), `1.0` (init), `0.1` (debug), `7` (models), `latest` (web), `unsigned`, `mallory` (by a key that no rule
 * trusts), `multi` (a signed index), `badchild` (a signed index with a refused image), `refused` (signed and refused), `bound-1` and
 * `bound-2` (one image, signed as `bound/web:bound-1`). `down` fails as a registry does that is down; any other tag is not there.
 */
export async function createWorld(): Promise<World> {
  const [key, mallory] = [testKey('p256'), testKey('p256')];
  const images = createImages();
  const add = async (content: string, tag: string, by?: TestKey): Promise<Resolved> => {
    const image = await images.image(content, tag);
    if (by !== undefined) await images.sign(by, image);
    return image;
  };
  const index = async (tag: string, children: readonly Descriptor[]): Promise<Resolved> => {
    const all = await images.index(children, tag);
    await images.sign(key, all);
    return all;
  };
  const web = await add('web', '1.4', key);
  await images.store.tag(web, 'latest');
  const refused = await add('refused', 'refused', key);
  const platform = (await images.image('linux/amd64')).descriptor;
  const bound = await add('bound', 'bound-1');
  await images.store.tag(bound, 'bound-2');
  await images.sign(key, bound, { 'org.opencontainers.image.ref.name': 'registry.example.com/bound/web:bound-1' });
  const named: Readonly<Record<ImageName, Resolved>> = {
    web,
    sidecar: await add('sidecar', '2.0', key),
    init: await add('init', '1.0', key),
    debug: await add('debug', '0.1', key),
    models: await add('models', '7', key),
    unsigned: await add('unsigned', 'unsigned'),
    mallory: await add('mallory', 'mallory', mallory),
    multi: await index('multi', [platform]),
    badchild: await index('badchild', [platform, refused.descriptor]),
    refused,
    bound,
  };
  const refuse = { digests: new Set([refused.descriptor.digest]), keyIds: new Set<string>(), keys: [] };
  return {
    policy: policyOf(key, repositories, { refuse }),
    open: () => sourceOf(images.store),
    customPaths: {
      'example.com/v1/WebService': ['$.spec.image', '$.spec.sidecars[*].image'],
      'example.com/v1/Odd': ["$['images/by~name'].main"],
      'example.com/*/Catalog': [],
    },
    digests: Object.fromEntries(Object.entries(named).map(([name, { descriptor }]) => [name, descriptor.digest])),
  };
}

function sourceOf(store: Source): Source {
  return {
    ...store,
    async resolve(reference, options) {
      if (reference === 'down') throw new RegistryError('UNREACHABLE', 'the registry is down');
      return await store.resolve(reference, options);
    },
  };
}
