import { createRegistryClient, digestOf, type RequestEvent, type Store } from '@signet/oci';
import { fileStatePlace } from '@signet/signed-tags';
import { afterAll, describe, expect, it } from 'vitest';
import { at, entry, type How, image, newClient, newStore, publish, told } from '../signed-tags/client/client-world.ts';
import { startCraneRegistry } from '../support/crane-registry.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { havePeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';

const images = ['old', 'new'];
const [old, now] = [await entry('v1', 'old', at(0)), await entry('v1', 'new', at(5))];
const tags = { v1: { entries: [now, old] } };
const asked: How = { now: at(12) };
const events: RequestEvent[] = [];
const client = createRegistryClient({ onRequest: (event) => events.push(event) });
const started: TestRegistry[] = [];
let repositories = 0;

afterAll(async () => {
  await client.close();
  await Promise.all(started.map((each) => each.stop()));
});

/** The methods and answers of the requests since. */
function requestsSince(count: number): readonly string[] {
  return events.slice(count).map(({ method, status }) => `${method} ${status}`);
}

async function copyTo(store: Store): Promise<void> {
  const from = await newStore(...images);
  const empty = Buffer.from('{}');
  await store.push(empty, { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(empty), size: 2 });
  for (const name of images) {
    const { descriptor, bytes } = await from.resolve(image(name).digest);
    await store.push(bytes, descriptor);
  }
}

/** `isConditional`: whether the registry answers 304 where nothing has changed. */
describe.each<[string, () => Promise<TestRegistry>, boolean, boolean]>([
  ['embedded', startEmbeddedRegistry, true, true],
  ['docker-registry', startDockerRegistry, havePeers(['docker-registry']), true],
  ['crane', startCraneRegistry, havePeers(['crane']), false],
])('trusted tags, registry: %s', (_, start, isThere, isConditional) => {
  let registry: Promise<TestRegistry> | undefined;
  const newRepository = async (): Promise<Store> => {
    registry ??= start().then((each) => {
      started.push(each);
      return each;
    });
    repositories += 1;
    const store = client.repository({ registry: (await registry).host, repository: `shop/api${repositories}` });
    await copyTo(store);
    return store;
  };

  it.runIf(isThere)(
    'take one request cold, one that says "not changed" warm, and one more where there are shards',
    async () => {
      const folder = tempDir();
      const placeOf = (where: { readonly collection: string; readonly catalogue: string }) =>
        fileStatePlace({ folder, ...where });
      const store = await newRepository();
      await publish(store, { issued: at(6), tags });
      const ask = async (): Promise<readonly string[]> => {
        const before = events.length;
        expect(told(await newClient(store, { placeOf }).ask(':v1', asked), ...images)).toBe('new');
        return requestsSince(before);
      };
      expect(await ask()).toEqual(['GET 200']);
      expect(await ask()).toEqual([isConditional ? 'GET 304' : 'GET 200']);
      await publish(store, { issued: at(7), tags, bits: 4 });
      expect(await ask()).toEqual(['GET 200', 'GET 200']);
      expect(await ask()).toEqual([isConditional ? 'GET 304' : 'GET 200']);
    },
  );

  it.runIf(isThere)('do not go back with the registry, nor with its own tag', async () => {
    const store = await newRepository();
    const warm = newClient(store, { wantsDrift: true, wantsImage: true });
    await publish(store, { issued: at(6), tags });
    await store.tag(await store.resolve(image('old').digest), 'v1');
    const answer = await warm.ask(':v1', asked);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts.drift).toBe(image('old').digest);
    await publish(store, { issued: at(1), tags: { v1: { entries: [old] } } });
    expect((await warm.ask(':v1', asked)).facts).toMatchObject({ staleSource: true, source: 'cache' });
    expect(told(await warm.ask(':v1', asked), ...images)).toBe('new');
    expect(told(await newClient(store).ask(':v1', asked), ...images)).toBe('old');
  });

  it.runIf(isThere)('are missing where the catalogue is, and an image is where the replica lacks it', async () => {
    const store = await newRepository();
    expect(told(await newClient(store).ask(':v1', asked))).toBe('denied CATALOGUE_MISSING');
    const absent = await entry('v1', 'nowhere', at(5));
    await publish(store, { issued: at(6), tags: { v1: { entries: [absent] } } });
    expect(told(await newClient(store, { wantsImage: true }).ask(':v1', asked))).toBe('undecided IMAGE_NOT_REPLICATED');
  });
});
