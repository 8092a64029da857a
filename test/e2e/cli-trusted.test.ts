import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSoftwareSigner, parsePrivateKey, type Signer } from '@signet/core';
import { createRegistryClient, openStore, parseReference, type Resolved } from '@signet/oci';
import { encodeReceipt } from '@signet/signed-tags';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { admissionReview, pod } from '../admission/requests.ts';
import { signet, startSignet } from '../support/cli.ts';
import type { RunResult } from '../support/process.ts';
import { publishCatalogue, type TagHistory } from '../support/signed-catalogue.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, ok, signReference } from './cli-world.ts';

const client = createRegistryClient();
let world: CliWorld;
let policy: string;
let publisher: Signer;
let signer: Signer;
beforeAll(async () => {
  world = await createCliWorld();
  const pair = await makeKey(join(world.dir, 'publisher'));
  publisher = createSoftwareSigner(await parsePrivateKey(readFileSync(pair.key)));
  signer = createSoftwareSigner(await parsePrivateKey(readFileSync(world.key)));
  policy = join(world.dir, 'policy.yaml');
  writeFileSync(policy, policyText());
});
afterAll(async () => {
  await client.close();
  await world.server.stop('SIGKILL');
});

const policyText = (more = ''): string => `version: 1
trust: { release: { keys: [k.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { shop: { collections: "${world.host}/**", signedBy: publisher${more} } }
rules: [{ images: ["${world.host}/**"], require: release, tag: trusted, catalogue: shop }]
`;

const startMs = Date.now() - 3_600_000;

/** A repository of its own with two images, and a catalogue that says which one `v1` is. */
async function repository(name: string, at = 0) {
  const collection = `${world.host}/${name}`;
  const store = await openStore(parseReference(`${collection}:v1`), client);
  const [current, old] = [
    await resolved(await world.push(`${name}:new`)),
    await resolved(await world.push(`${name}:v1`, `old ${name}`)),
  ];
  const publish = (tags: Readonly<Record<string, TagHistory>>, issuedMs = startMs) =>
    publishCatalogue(store, { collection, publisher, signer, issuedMs, tags });
  await publish(
    {
      v1: [
        [current.descriptor, startMs + at],
        [old.descriptor, startMs + at - 60_000],
      ],
    },
    startMs + at,
  );
  return {
    collection,
    reference: `${collection}:v1`,
    store,
    current: current.descriptor,
    old: old.descriptor,
    publish,
  };
}

async function resolved(reference: string): Promise<Resolved> {
  const store = await openStore(parseReference(reference), client);
  return await store.resolve(reference.slice(reference.lastIndexOf(':') + 1));
}

/** With a state folder of its own unless told. */
const run = (command: string, state: string, ...args: readonly string[]): Promise<RunResult> =>
  signet([command, '--policy', policy, ...args], { env: { XDG_STATE_HOME: state } });

describe('signet verify by a policy with tag: trusted', () => {
  it('verifies what the catalogue says, not what the tag names', async () => {
    const { reference, current, old } = await repository('current');
    const done = await run('verify', tempDir(), '-o', 'json', reference);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(done.stdout)).toMatchObject([
      {
        verdict: 'verified',
        digest: current.digest,
        tag: 'trusted',
        catalogue: { catalogue: 'shop', source: 'registry', cold: true, drift: old.digest },
      },
    ]);
    const { stdout } = await run('verify', tempDir(), reference);
    expect(stdout).toContain(`the registry's own tag names another image, ${old.digest}`);
  });

  it('remembers what it saw: a catalogue that is put back changes nothing', async () => {
    const { reference, current, old, publish } = await repository('rollback');
    const state = tempDir();
    expect(await run('verify', state, reference)).toMatchObject({ code: 0 });
    await publish({ v1: [[old, startMs - 60_000]] }, startMs - 60_000);
    const warm = await run('verify', state, '-o', 'json', reference);
    expect(jsonLines(warm.stdout)).toMatchObject([
      { digest: current.digest, catalogue: { staleSource: true, source: 'cache' } },
    ]);
    const cold = await run('verify', tempDir(), '-o', 'json', reference);
    expect(jsonLines(cold.stdout)).toMatchObject([{ digest: old.digest, catalogue: { cold: true } }]);
  });

  it('keeps its state where it is told, or nowhere', async () => {
    const { reference } = await repository('state');
    const [own, home] = [tempDir(), tempDir()];
    await run('verify', home, '--state', own, reference);
    expect([readdirSync(own).length, existsSync(join(home, 'signet'))]).toEqual([1, false]);
    const none = await run('verify', home, '--no-state', '-o', 'json', reference);
    expect(jsonLines(none.stdout)).toMatchObject([{ catalogue: { cold: true } }]);
    expect(existsSync(join(home, 'signet'))).toBe(false);
    await run('verify', home, reference);
    expect(existsSync(join(home, 'signet/tags'))).toBe(true);
  });

  it('says where nothing can be remembered, and answers all the same', async () => {
    const { reference } = await repository('unkept');
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    const done = await run('verify', tempDir(), '--state', file, reference);
    expect(done.code).not.toBe(1);
    expect(done.stdout + done.stderr).toMatch(/could not be kept|no folder|not used/);
  });

  it('denies what is behind a receipt, and tells a receipt that nothing was held against', async () => {
    const { reference, collection, current, old } = await repository('receipt');
    const receipt = join(world.dir, 'receipt.json');
    const of = { collection, tag: 'v1', digest: current.digest, atMs: startMs, issuedMs: startMs };
    writeFileSync(receipt, encodeReceipt(of));
    expect(await run('verify', tempDir(), '--receipt', receipt, reference)).toMatchObject({ code: 0 });
    writeFileSync(receipt, encodeReceipt({ ...of, digest: old.digest, atMs: startMs + 1000 }));
    const behind = await run('verify', tempDir(), '--receipt', receipt, '-o', 'json', reference);
    expect(behind.code).toBe(1);
    expect(jsonLines(behind.stdout)).toMatchObject([{ code: 'RECEIPT_NOT_REACHED' }]);
    writeFileSync(receipt, encodeReceipt({ ...of, tag: 'v2' }));
    const other = await run('verify', tempDir(), '--receipt', receipt, reference);
    expect(other).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no image of this call is that of the receipt'),
    });
    writeFileSync(receipt, '{}');
    expect(await run('verify', tempDir(), '--receipt', receipt, reference)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('error[USAGE]'),
    });
  });

  it('never falls back: a tag that is not in the catalogue, and a catalogue that is not there', async () => {
    const { collection } = await repository('absent');
    await signReference(`${collection}:new`, world.key);
    const absent = await run('verify', tempDir(), '-o', 'json', `${collection}:new`);
    expect(absent.code).toBe(1);
    expect(jsonLines(absent.stdout)).toMatchObject([{ code: 'TAG_NOT_SIGNED', allowed: false }]);
    const bare = await world.push('bare:v1');
    await signReference(bare, world.key);
    const missing = await run('verify', tempDir(), '-o', 'json', bare);
    expect(missing.code).toBe(1);
    expect(jsonLines(missing.stdout)).toMatchObject([{ code: 'CATALOGUE_MISSING' }]);
  });

  it('takes an image that is not copied yet for undecided, and waits for it', async () => {
    const { collection, publish } = await repository('waits');
    await buildImage(world.layout, 'late', 'late');
    const { descriptor } = await world.layout.resolve('late');
    await publish({ v1: [[descriptor, startMs + 1000]] }, startMs + 1000);
    const done = await run('verify', tempDir(), '-o', 'json', `${collection}:v1`);
    expect(done.code).toBe(3);
    expect(jsonLines(done.stdout)).toMatchObject([{ code: 'IMAGE_NOT_REPLICATED', digest: descriptor.digest }]);
    const waiting = run('resolve', tempDir(), '--wait', '60s', `${collection}:v1`);
    await ok(['copy', `oci:${world.layoutDir}:late`, `${collection}:late`]);
    expect(await waiting).toMatchObject({ code: 0, stdout: `${collection}@${descriptor.digest}\n` });
  });

  it.each([['--state', '/nowhere'], ['--no-state'], ['--receipt', 'r.json']])(
    'refuses %s without a policy',
    async (...flag) => {
      const done = await signet([
        'verify',
        '--key',
        world.pub,
        ...flag.filter((each) => each !== undefined),
        'r.example/a:1',
      ]);
      expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('only a policy asks for them') });
    },
  );

  it('refuses a receipt where the policy has no catalogue', async () => {
    const plain = join(world.dir, 'plain.yaml');
    writeFileSync(plain, 'version: 1\ntrust: { r: { keys: [k.pub] } }\nrules: [{ images: ["*"], require: r }]\n');
    const done = await signet(['verify', '--policy', plain, '--receipt', 'r.json', `${world.host}/a:1`]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('the policy names no catalogue') });
  });
});

describe('signet pin and audit', () => {
  it('write and tell the digest that the catalogue says', async () => {
    const { reference, current } = await repository('pinned');
    const file = join(world.dir, 'pod.yaml');
    writeFileSync(
      file,
      `apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: "${reference}" }] }\n`,
    );
    const done = await run('pin', tempDir(), '-f', file);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`${reference}@${current.digest}`) });
    const list = join(world.dir, 'list.txt');
    writeFileSync(list, `${reference}\n`);
    const out = join(tempDir(), 'audit.jsonl');
    expect(await run('audit', tempDir(), '-f', list, '--jsonl', out)).toMatchObject({ code: 0 });
    expect(readFileSync(out, 'utf8')).toContain(current.digest);
    const all = join(tempDir(), 'audit.jsonl');
    expect(await run('audit', tempDir(), `${world.host}/pinned`, '--jsonl', all)).toMatchObject({ code: 1 });
    expect(readFileSync(all, 'utf8')).toContain('TAG_NOT_SIGNED'); // the tag that nobody signed
    expect(readFileSync(all, 'utf8')).not.toContain('signet-tags');
  });
});

describe('signet gate containerd', () => {
  it('lets what the tag is be pulled, and nothing that it was', async () => {
    const { reference, current, old } = await repository('pulled');
    const pull = async ({ digest, mediaType, size }: typeof current, ...flags: readonly string[]) => {
      const call = [
        '-name',
        reference,
        '-digest',
        digest,
        '-stdin-media-type',
        'application/vnd.oci.descriptor.v1+json',
      ];
      return await signet(['gate', 'containerd', '--policy', policy, ...flags, '--', ...call], {
        input: JSON.stringify({ mediaType, digest, size }),
        env: { HOME: undefined, XDG_STATE_HOME: undefined },
      });
    };
    const none = '--no-state';
    expect(await pull(current)).toMatchObject({ code: 2, stdout: expect.stringContaining('--state FOLDER') });
    expect(await pull(current, none)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('verified (VERIFIED)'),
    });
    expect(await pull(old, none)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('denied (DIGEST_NOT_CURRENT)'),
    });
    const state = tempDir();
    expect(await pull(current, '--state', state)).toMatchObject({ code: 0 });
    expect(readdirSync(state)).toHaveLength(1);
  });
});

describe('signet resolve', () => {
  it('prints what each reference is, in their order', async () => {
    const [one, two] = [await repository('one'), await repository('two')];
    const line = ({ collection, current }: typeof one) => `${collection}@${current.digest}\n`;
    const done = await run('resolve', tempDir(), two.reference, one.reference, two.reference);
    expect(done).toMatchObject({ code: 0, stderr: '', stdout: line(two) + line(one) + line(two) });
    const listed = await signet(['resolve', '--policy', policy, '-'], {
      input: `${one.reference}\n${two.reference}\n`,
      env: { XDG_STATE_HOME: tempDir() },
    });
    expect(listed).toMatchObject({ code: 0, stdout: line(one) + line(two) });
  });

  it('has no line for what is denied, and says why elsewhere', async () => {
    const { reference, collection, current } = await repository('mixed');
    const done = await run('resolve', tempDir(), `${collection}:missing`, reference);
    expect(done).toMatchObject({ code: 1, stdout: `${collection}@${current.digest}\n` });
    expect(done.stderr).toContain('TAG_NOT_SIGNED');
  });

  it('has a document for each with --output json', async () => {
    const { reference, collection, current } = await repository('json');
    const done = await run('resolve', tempDir(), '-o', 'json', reference, `${collection}:missing`);
    expect(jsonLines(done.stdout)).toMatchObject([
      {
        version: 1,
        reference,
        resolved: `${collection}@${current.digest}`,
        digest: current.digest,
        catalogue: { catalogue: 'shop' },
      },
      { version: 1, reference: `${collection}:missing`, verdict: 'denied', code: 'TAG_NOT_SIGNED' },
    ]);
    expect(jsonLines(done.stdout)[1]).not.toHaveProperty('resolved');
  });

  it('is undecided where an image is let through and nothing says what it is', async () => {
    const lenient = join(world.dir, 'lenient.yaml');
    writeFileSync(lenient, 'version: 1\nrules: [{ images: ["*"], mode: skip }]\n');
    const done = await signet(['resolve', '--policy', lenient, `${world.host}/any:1`]);
    expect(done).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('NOT_CHECKED') });
  });

  it('asks for a policy, and for references', async () => {
    expect(await signet(['resolve', 'r.example/a:1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--policy FILE'),
    });
    expect((await run('resolve', tempDir())).code).toBe(2);
    expect((await run('resolve', tempDir(), 'Not/A Ref')).code).toBe(2);
  });

  it('takes a registry that is not there for undecided', async () => {
    const away = join(world.dir, 'away.yaml');
    writeFileSync(away, policyText().replaceAll(`${world.host}/**`, '127.0.0.1:1/**'));
    const done = await signet(['resolve', '--policy', away, '127.0.0.1:1/app:1'], {
      env: { XDG_STATE_HOME: tempDir() },
    });
    expect(done).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('signet serve', () => {
  it('pins what the catalogue says, and has not forgotten what it saw after a restart', async () => {
    const { reference, current, old, publish } = await repository('served');
    const state = tempDir();
    const mutated = async () => {
      const server = await startSignet(['serve', '--policy', policy, '--port', '0', '--state', state, '-o', 'json'], {
        ready: /"urls":\["([^"]+)"/,
      });
      try {
        const response = await fetch(`${server.match[1]}/mutate`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(admissionReview(pod(reference))),
        });
        const { patch } = ((await response.json()) as { readonly response: { readonly patch: string } }).response;
        return Buffer.from(patch, 'base64').toString();
      } finally {
        await server.stop('SIGTERM');
      }
    };
    expect(await mutated()).toContain(`${reference}@${current.digest}`);
    await publish({ v1: [[old, startMs - 60_000]] }, startMs - 60_000);
    expect(await mutated()).toContain(`${reference}@${current.digest}`);
  });
});
