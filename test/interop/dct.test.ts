import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderSource, readTrustData, serverSource, type TrustData, type TrustQuestion } from '@signet/dct';
import { createRegistryClient, type RegistryClient } from '@signet/oci';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { signet } from '../support/cli.ts';
import { describeWithEngines } from '../support/engine-host.ts';
import { createDctWorld, type DctWorld } from './dct-world.ts';

/** What `docker trust inspect` prints of a repository. */
interface Inspected {
  readonly SignedTags: readonly {
    readonly SignedTag: string;
    readonly Digest: string;
    readonly Signers: readonly string[];
  }[];
  readonly Signers: readonly Named[];
  readonly AdministrativeKeys: readonly Named[];
}
interface Named {
  readonly Name: string;
  readonly Keys: readonly { readonly ID: string }[];
}

describeWithEngines('the trust data that real Docker and Notary write', () => {
  let world: DctWorld;
  let client: RegistryClient;
  let firstRoot: string;

  beforeAll(async () => {
    world = await createDctWorld();
    client = createRegistryClient({ ca: world.ca, plainHttp: (host) => world.repository.startsWith(`${host}/`) });
    const { repository, shell, makeImage } = world;
    for (const tag of ['0.9', '1.0', '2.0', '3.0']) await makeImage(tag, tag);
    await shell(`docker push ${repository}:0.9`, true);
    await shell('docker trust key generate alice && docker trust key generate bob');
    for (const name of ['alice', 'bob']) await shell(`docker trust signer add --key ${name}.pub ${name} ${repository}`);
    for (const tag of ['1.0', '2.0']) await shell(`docker trust sign ${repository}:${tag}`);
    // Alice alone: bob's key, which is the last one that was made, is not there any more.
    await shell('mv $(grep -l "role: bob" client/trust/private/*.key) bob.key');
    await shell(`docker trust sign ${repository}:3.0`);
    // The one of before the signers lies in targets, where this does not reach it: docker goes on trusting it, and so does the import.
    for (const tag of ['2.0', '0.9']) await shell(`docker trust revoke --yes ${repository}:${tag}`);
    firstRoot = (await inspect()).AdministrativeKeys.find(({ Name }) => Name === 'Root')?.Keys[0]?.ID ?? '';
  }, 120_000);

  afterAll(async () => {
    await client?.close();
    await world?.stop();
  });

  async function inspect(): Promise<Inspected> {
    const [found] = JSON.parse(await world.shell(`docker trust inspect ${world.repository}`)) as [Inspected];
    return found;
  }

  const fromServer = (question: Partial<TrustQuestion> = {}): Promise<TrustData> =>
    readTrustData(serverSource(client, world.notaryUrl, world.repository), ask(question));
  const fromFolder = (question: Partial<TrustQuestion> = {}): Promise<TrustData> =>
    readTrustData(folderSource(world.trustFolder, world.repository), ask(question));
  const ask = (question: Partial<TrustQuestion>): TrustQuestion => ({
    gun: world.repository,
    nowMs: Date.now(),
    ...question,
  });

  /** The same data in the words of `docker trust inspect`. */
  function inspectedOf({
    tags,
    delegations,
    root,
  }: TrustData): Pick<Inspected, 'SignedTags' | 'Signers'> & { readonly root: unknown } {
    const signerOf = (role: string): string => role.replace(/^targets\//, '');
    return {
      SignedTags: tags.map(({ tag, digest, signers }) => ({
        SignedTag: tag,
        Digest: digest.replace('sha256:', ''),
        Signers: signers.length === 0 ? ['Repo Admin'] : signers.map(({ role }) => signerOf(role)).sort(),
      })),
      Signers: delegations
        .filter(({ name }) => name !== 'targets/releases')
        .map(({ name, keys }) => ({ Name: signerOf(name), Keys: keys.map(({ canonicalId }) => ({ ID: canonicalId })) }))
        .sort((one, other) => (one.Name < other.Name ? -1 : 1)),
      root: root.keys.map(({ id }) => ({ ID: id })),
    };
  }

  async function expectSameAsDocker(): Promise<void> {
    const { SignedTags, Signers, AdministrativeKeys } = await inspect();
    const wanted = {
      SignedTags: SignedTags.map((tag) => ({ ...tag, Signers: tag.Signers.toSorted() })),
      Signers: Signers.toSorted((one, other) => (one.Name < other.Name ? -1 : 1)),
      root: AdministrativeKeys.find(({ Name }) => Name === 'Root')?.Keys,
    };
    // Docker has just read from the server: its folder is as new.
    expect(inspectedOf(await fromServer())).toEqual(wanted);
    expect(inspectedOf(await fromFolder())).toEqual(wanted);
  }

  it('says the same as docker trust inspect, from the server and from its folder', async () => {
    await expectSameAsDocker();
    const { tags } = await fromServer();
    expect(tags.map(({ tag, role, signers }) => [tag, role, signers.map((signer) => signer.role).sort()])).toEqual([
      ['0.9', 'targets', []],
      ['1.0', 'targets/releases', ['targets/alice', 'targets/bob']],
      ['3.0', 'targets/releases', ['targets/alice']],
    ]);
  });

  it('says what docker pull takes, with its length', async () => {
    const { tags } = await fromServer();
    for (const { tag, digest, length } of tags) {
      expect(await world.shell(`docker pull ${world.repository}:${tag}`, true)).toContain(
        `${world.repository}@${digest}`,
      );
      const manifest = await client.repository(locationOf(world.repository)).resolve(tag);
      expect(manifest.descriptor).toMatchObject({ digest, size: length });
    }
    expect(await world.tryShell(`docker pull ${world.repository}:2.0`, true)).toMatchObject({ code: 1 });
  });

  it('is the same after the root key was changed, and leads back to the first one', async () => {
    const before = readFileSync(join(world.trustFolder, 'tuf', world.repository, 'metadata/root.json'));
    await world.shell(`yes | notary -c notary.json key rotate ${world.repository} root`);
    await expectSameAsDocker();
    const pin = { kind: 'keys', keyIds: [firstRoot] } as const;
    expect((await fromServer({ pin })).root).toMatchObject({ version: 2, pinnedVersion: 1, trustedBy: 'keys' });
    expect((await fromServer({ pin: { kind: 'root', root: before } })).root).toMatchObject({
      version: 2,
      pinnedVersion: 1,
    });
    // A client keeps no older roots.
    await expect(fromFolder({ pin })).rejects.toMatchObject({ code: 'DCT_ROOT_NOT_TRUSTED' });
    await expect(fromServer({ pin: { kind: 'keys', keyIds: ['0'.repeat(64)] } })).rejects.toMatchObject({
      code: 'DCT_ROOT_NOT_TRUSTED',
    });
  });

  it('has delegations with RSA certificates, paths, and more levels, which release nothing', async () => {
    const { repository, shell, tryShell } = world;
    await shell(`openssl req -x509 -newkey rsa:2048 -nodes -keyout team.key -out team.crt -days 30 -subj /CN=team`);
    await shell(`notary -c notary.json key import team.key --role targets/team`);
    await shell(`notary -c notary.json delegation add --publish ${repository} targets/team team.crt --paths rc-`);
    await shell(
      `notary -c notary.json delegation add --publish ${repository} targets/team/night team.crt --paths rc-night-`,
    );
    for (const [tag, role] of [
      ['rc-1', 'targets/team'],
      ['rc-night-1', 'targets/team/night'],
    ])
      await shell(
        `notary -c notary.json addhash --publish ${repository} ${tag} 523 --sha256 ${'ab'.repeat(32)} -r ${role}`,
      );
    const { unreleased, delegations, tags } = await fromServer();
    expect(unreleased.map(({ tag, signers }) => [tag, signers.map(({ role }) => role)])).toEqual([
      // Revoked while bob's key was away: his own word for it stands, and releases nothing.
      ['2.0', ['targets/bob']],
      ['rc-1', ['targets/team']],
      ['rc-night-1', ['targets/team/night']],
    ]);
    expect(delegations.filter(({ name }) => name.startsWith('targets/team'))).toMatchObject([
      { name: 'targets/team', state: 'signed', paths: ['rc-'] },
      { name: 'targets/team/night', state: 'signed', paths: ['rc-night-'] },
    ]);
    expect(tags).toHaveLength(3);
    expect((await tryShell(`docker pull ${repository}:rc-1`, true)).stderr).toContain('No trust data for rc-1');
  });

  it('is brought over into a catalogue: what two delegated signers said is what every client then verifies', async () => {
    const [key, publisher] = [await makeKey(join(world.dir, 'release')), await makeKey(join(world.dir, 'publisher'))];
    const caFile = join(world.dir, 'ca.pem');
    writeFileSync(caFile, world.ca);
    const policy = join(world.dir, 'policy.json');
    const rule = { images: [world.repository], require: 'release', tag: 'trusted', catalogue: 'team' };
    const trust = { release: { keys: ['release.pub'] }, publisher: { keys: ['publisher.pub'] } };
    const catalogues = { team: { collections: world.repository, signedBy: 'publisher' } };
    writeFileSync(policy, JSON.stringify({ version: 1, trust, catalogues, rules: [rule] }));
    const asked = ['--policy', policy, '--plain-http', '--state', join(world.dir, 'state')];
    const writing = [...asked, '--catalogue-key', publisher.key];
    await ok(['tags', 'init', ...writing, world.repository]);
    const server = ['--server', world.notaryUrl, '--ca-file', caFile, '--root-key', firstRoot];
    const done = await signet([
      'tags',
      'import-dct',
      ...server,
      '--key',
      key.key,
      '--publish',
      ...writing,
      world.repository,
    ]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('by alice, bob');
    const { tags } = await fromServer();
    expect(tags.map(({ tag }) => tag)).toEqual(['0.9', '1.0', '3.0']);
    for (const { tag, digest } of tags)
      for (const state of [join(world.dir, 'state'), join(world.dir, `cold ${tag}`)]) {
        const how = ['--policy', policy, '--plain-http', '--state', state];
        expect((await ok(['resolve', ...how, `${world.repository}:${tag}`])).stdout.trim()).toMatch(
          new RegExp(`@${digest}$`),
        );
        await ok(['verify', ...how, `${world.repository}:${tag}`]);
      }
  });

  it('is brought over by signet: images are signed anew for their tags, which signet then verifies', async () => {
    const key = await makeKey(join(world.dir, 'signet'));
    const caFile = join(world.dir, 'ca.pem');
    writeFileSync(caFile, world.ca);
    const args = ['--server', world.notaryUrl, '--ca-file', caFile, '--plain-http', '--root-key', firstRoot];
    const { stdout } = await ok(['tags', 'import-dct', ...args, '--key', key.key, world.repository]);
    expect(stdout).toContain(', from version 1 on\n');
    expect(stdout.match(/ {2}signed {2}by .*/g)).toEqual([
      '  signed  by targets',
      '  signed  by alice, bob',
      '  signed  by alice',
    ]);
    for (const tag of ['0.9', '1.0', '3.0'])
      await ok(['verify', '--key', key.pub, '--tag-bound', `${world.repository}:${tag}`]);
    const moved = `docker tag ${world.repository}:0.9 ${world.repository}:1.0 && docker push ${world.repository}:1.0`;
    await world.shell(moved);
    const again = await signet(['tags', 'import-dct', ...args, '--dry-run', world.repository]);
    expect(again).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/1\.0 {2}sha256:\w+ {2}differs: the registry has/),
    });
  });

  it('of another repository is not there', async () => {
    const other = world.repository.replace('dct', 'other');
    const reading = readTrustData(serverSource(client, world.notaryUrl, other), { ...ask({}), gun: other });
    await expect(reading).rejects.toMatchObject({ code: 'DCT_NOT_THERE' });
  });

  it('is not read from a server whose certificate is from nobody known', async () => {
    const stranger = createRegistryClient();
    const reading = readTrustData(serverSource(stranger, world.notaryUrl, world.repository), ask({}));
    await expect(reading).rejects.toMatchObject({ name: 'RegistryError', code: 'UNREACHABLE' });
    await stranger.close();
  });
});

function locationOf(repository: string): { readonly registry: string; readonly repository: string } {
  const slash = repository.indexOf('/');
  return { registry: repository.slice(0, slash), repository: repository.slice(slash + 1) };
}
