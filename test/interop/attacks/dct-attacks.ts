import { createRegistryClient, parseRegistryReference, type Store } from '@signet/oci';
import { certified, type Files, makeKey, makeTrust, type TestTrust } from '../../dct/trust-repository.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { createDctWorld, type DctWorld } from '../dct-world.ts';
import { answerOf, type Images, lineOf, type Said } from './answer.ts';
import type { Result } from './scenario.ts';
import { serveTrust, startTrustFront, type TrustFront, trustPath } from './trust-front.ts';

/** The real docker with content trust, and who has taken over the address of its Notary server. */
interface Dct extends DctWorld {
  readonly front: TrustFront;
  readonly store: (repository: string) => Store;
  /** `docker pull` with content trust: `cold` from a folder without trust data, `warm` from one that has pulled before. */
  ask(image: string, memory: 'cold' | 'warm'): Promise<Said>;
  /** Makes an image of this text, and signs and pushes it with the keys of this folder; gives its digest. */
  release(image: string, text: string, config?: string): Promise<string>;
}

/** The name in the table. */
export const dctName = 'Docker Content Trust';

/** Performs each attack, in an order in which none disturbs the next; by the attack's name. */
export async function attackDct(): Promise<ReadonlyMap<string, Result>> {
  let front: TrustFront | undefined;
  const world = await createDctWorld({
    front: async (notary, ca) => {
      front = await startTrustFront(notary, ca);
      return front;
    },
  });
  if (front === undefined) throw new HarnessError('no front');
  const client = createRegistryClient({ plainHttp: (host) => world.repository.startsWith(`${host}/`) });
  try {
    const dct = createDct(world, front, (repository) => client.repository(parseRegistryReference(repository)));
    return new Map([...(await attackTargets(dct)), ...(await attackSigners(dct)), ...(await attackOnlineKeys(dct))]);
  } finally {
    await client.close();
    await world.stop();
  }
}

function createDct(world: DctWorld, front: TrustFront, store: Dct['store']): Dct {
  let colds = 0;
  const pull = async (image: string, config: string): Promise<Said> => {
    const { code, stdout, stderr } = await world.tryShell(`DOCKER_CONFIG=$PWD/${config} docker pull ${image}`, true);
    if (code !== 0) return { kind: 'refused', says: lineOf(stderr, /rror|could not|No valid/) };
    const [digest] = /sha256:[0-9a-f]{64}/.exec(stdout) ?? [''];
    return { kind: 'takes', digest, says: 'pulled' };
  };
  return {
    ...world,
    front,
    store,
    async ask(image, memory) {
      if (memory === 'warm') return await pull(image, 'reader');
      colds += 1;
      await world.shell(`mkdir cold${colds} && cp -r client/tls cold${colds}/`);
      return await pull(image, `cold${colds}`);
    },
    async release(image, text, config = 'client') {
      await makeNamed(world, image, text);
      await world.shell(`DOCKER_CONFIG=$PWD/${config} docker push ${image}`, true);
      return await digestOf(store, image);
    },
  };
}

/** What is signed without delegations, as the first users of content trust have it. */
async function attackTargets(dct: Dct): Promise<readonly (readonly [string, Result])[]> {
  const { front, repository, store, shell } = dct;
  const [image, lab] = [`${repository}:1.0`, repository.replace('/dct', '/lab')];
  const attacker = await dct.release(image, 'old');
  const oldTimestamp = await front.read(trustPath(repository, 'timestamp'));
  const owner = await dct.release(image, 'new');
  await shell('mkdir reader && cp -r client/tls reader/');
  await dct.ask(image, 'warm');
  const images: Images = { owner, attacker };
  await move(store, image, attacker);
  const rollback = await both(dct, image, images);
  front.answer(trustPath(repository, 'timestamp'), oldTimestamp);
  const stale = await both(dct, image, images);
  front.behave();
  const other = await dct.release(`${lab}:1.0`, 'of the lab');
  await shell(`docker tag ${lab}:1.0 ${image} && docker push ${image}`);
  front.redirect(repository, lab);
  const otherRepository = await both(dct, image, { owner, attacker: other });
  front.behave();
  // Somebody with the right to push and keys of his own alone.
  await makeNamed(dct, image, 'of the thief');
  await shell('mkdir thief && cp -r client/tls thief/');
  await dct.tryShell(`DOCKER_CONFIG=$PWD/thief docker push ${image}`, true);
  await shell(`docker push ${image}`);
  const unknown = await both(dct, image, { owner, attacker: await digestOf(store, image) });
  return [
    ['rollback', rollback],
    ['stale-metadata', stale],
    ['other-repository', otherRepository],
    ['unknown-signer', unknown],
  ];
}

/** With two signers, each of whom has his key and no other. */
async function attackSigners(dct: Dct): Promise<readonly (readonly [string, Result])[]> {
  const { repository, shell } = dct;
  for (const name of ['release', 'dev']) {
    await shell(`docker trust key generate ${name}`);
    await shell(`docker trust signer add --key ${name}.pub ${name} ${repository}`);
  }
  // What is in each folder: the owner's has the release key, the developer's his own.
  await shell('cp -r client dev && rm -f $(grep -L "role: dev" dev/trust/private/*.key)');
  await shell('cp -r client stolen && rm -f $(grep -L "role: release" stolen/trust/private/*.key)');
  await shell('rm -f $(grep -l "role: dev" client/trust/private/*.key)');
  const attack = async (tag: string, config: string): Promise<Images> => {
    const owner = await dct.release(`${repository}:${tag}`, `${tag} of the owner`);
    await dct.ask(`${repository}:${tag}`, 'warm');
    return { owner, attacker: await dct.release(`${repository}:${tag}`, `${tag} of the attacker`, config) };
  };
  const outside = await both(dct, `${repository}:2.0`, await attack('2.0', 'dev'));
  const images = await attack('3.0', 'stolen');
  const stolen = await both(dct, `${repository}:3.0`, images);
  await shell(`docker trust signer remove --force release ${repository}`);
  const withdrawn = await both(dct, `${repository}:3.0`, images);
  return [
    ['outside-his-tags', outside],
    ['stolen-key', stolen],
    ['one-of-two-keys', { none: 'any signer suffices: two cannot be asked for' }],
    ['key-withdrawn', withdrawn],
  ];
}

/** A repository whose timestamp and snapshot keys the attacker has, as who runs the Notary server. */
async function attackOnlineKeys(dct: Dct): Promise<readonly (readonly [string, Result])[]> {
  const gun = dct.repository.replace('/dct', '/online');
  const image = `${gun}:1.0`;
  const digests: string[] = [];
  const targets: TestTrust['targets'][] = [];
  for (const text of ['online old', 'online new', 'online evil']) {
    await makeNamed(dct, image, text);
    await dct.shell(`docker push ${image}`);
    const { descriptor } = await dct.store(gun).resolve('1.0');
    digests.push(descriptor.digest);
    targets.push({ '1.0': { digest: descriptor.digest, length: descriptor.size } });
  }
  const [old = '', owner = '', evil = ''] = digests;
  const trust = await trustOf(gun);
  const publish = async (at: number, version: number, more: Partial<TestTrust> = {}): Promise<void> => {
    const files = await trust(targets[at] ?? {}, version, more);
    dct.front.behave();
    serveTrust(dct.front, gun, files);
  };
  await publish(1, 2);
  await dct.ask(image, 'warm');
  await publish(0, 1, { expires: { timestamp: Date.now() - 1000 } });
  const expired = await both(dct, image, { owner, attacker: old });
  // The owner's old list of tags, under a new snapshot and a new timestamp.
  await publish(0, 3, { edit: versions({ root: 1, targets: 1, snapshot: 3, timestamp: 3 }) });
  const rollback = await both(dct, image, { owner, attacker: old });
  const thief = makeKey('the thief');
  await publish(2, 3, { signers: { targets: [thief] } });
  const unsigned = await both(dct, image, { owner, attacker: evil });
  dct.front.behave();
  return [
    ['expired-metadata', expired],
    ['online-key-rollback', rollback],
    ['online-key-unsigned', unsigned],
  ];
}

/** All metadata of a repository, by the keys of its owner and of its server. */
async function trustOf(gun: string) {
  const root = await certified(makeKey('root of the owner'), { commonName: gun });
  const keys = {
    targets: makeKey('targets of the owner'),
    snapshot: makeKey('snapshot'),
    timestamp: makeKey('timestamp'),
  };
  return (targets: NonNullable<TestTrust['targets']>, version: number, more: Partial<TestTrust>): Promise<Files> =>
    makeTrust({
      gun,
      root: [root],
      keys,
      targets,
      atMs: Date.now(),
      edit: versions({ root: 1, targets: version, snapshot: version, timestamp: version }),
      ...more,
    });
}

function versions(of: Readonly<Record<string, number>>): NonNullable<TestTrust['edit']> {
  return Object.fromEntries(Object.entries(of).map(([role, version]) => [role, (body) => ({ ...body, version })]));
}

async function both(dct: Dct, image: string, images: Images): Promise<Result> {
  return {
    cold: answerOf(await dct.ask(image, 'cold'), images),
    warm: answerOf(await dct.ask(image, 'warm'), images),
  };
}

async function makeNamed({ shell }: Pick<DctWorld, 'shell'>, image: string, text: string): Promise<void> {
  await shell(`printf %s ${JSON.stringify(text)} > content && tar -c content | docker import - ${image}`);
}

async function digestOf(store: Dct['store'], image: string): Promise<string> {
  const { registry, repository, tag = 'latest' } = parseRegistryReference(image);
  return (await store(`${registry}/${repository}`).resolve(tag)).descriptor.digest;
}

async function move(store: Dct['store'], image: string, digest: string): Promise<void> {
  const { registry, repository, tag = 'latest' } = parseRegistryReference(image);
  const own = store(`${registry}/${repository}`);
  await own.tag(await own.resolve(digest), tag);
}
