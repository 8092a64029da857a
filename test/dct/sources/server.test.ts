import { readTrustData, serverSource, type TrustData } from '@signet/dct';
import { createRegistryClient } from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, startHostileRegistry } from '../../support/hostile-registry.ts';
import { codeOf } from '../code-of.ts';
import { certified, digestOfText, type Files, fileIn, gun, makeKey, makeTrust, nowMs } from '../trust-repository.ts';

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

/** Serves the files under their names, and under those with their hash; `asked`: what was asked for. */
async function serve(files: Files, answer?: Answer): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const byName = new Map<string, Buffer>();
  for (const [name, file] of files) {
    byName.set(`${name}.json`, file);
    byName.set(`${name}.${digestOfText(file.toString()).slice(7)}.json`, file);
  }
  const server = await startHostileRegistry((request, response) => {
    if (answer !== undefined) return answer(request, response);
    const name = request.url.replace(`/v2/${gun}/_trust/tuf/`, '');
    asked.push(name.replace(/[0-9a-f]{64}/, 'HASH'));
    const file = byName.get(name);
    if (file === undefined) response.writeHead(404).end('{"errors":[{"code":"METADATA_NOT_FOUND","message":"no"}]}');
    else response.end(file);
  });
  left.push(server.stop);
  return { url: server.url, asked };
}

async function readServer(url: string, more: object = {}): Promise<TrustData> {
  const client = createRegistryClient({ retries: { maxAttempts: 1 } });
  left.push(() => client.close());
  return readTrustData(serverSource(client, url, gun), { gun, nowMs, ...more });
}

describe('a Notary server', () => {
  it('is asked for the files that are stated under their hashes', async () => {
    const alice = makeKey('alice');
    const delegations = [{ name: 'targets/releases', keys: [alice], targets: { '1.0': 'one' } }];
    const { url, asked } = await serve(await makeTrust({ delegations }));
    const { tags } = await readServer(url);
    expect(tags.map(({ tag, digest }) => [tag, digest])).toEqual([['1.0', digestOfText('one')]]);
    expect(asked).toEqual([
      'root.json',
      'timestamp.json',
      'snapshot.HASH.json',
      'targets.HASH.json',
      'targets/releases.HASH.json',
    ]);
  });

  it('is asked for older roots by their versions', async () => {
    const [one, two] = [await certified(makeKey('root')), await certified(makeKey('root2'))];
    const files = await makeTrust({ root: [two], rootVersion: 2, signers: { root: [one, two] } });
    files.set('1.root', fileIn(await makeTrust({ root: [one] }), 'root'));
    const { url, asked } = await serve(files);
    const { root } = await readServer(url, { pin: { kind: 'keys', keyIds: [one.id] } });
    expect(root.pinnedVersion).toBe(1);
    expect(asked.slice(0, 2)).toEqual(['root.json', '1.root.json']);
  });

  it('that does not know the repository has no trust data', async () => {
    expect(await codeOf(readServer((await serve(new Map())).url))).toBe('DCT_NOT_THERE');
  });

  it('that has lost a file says which', async () => {
    const files = await makeTrust();
    files.delete('snapshot');
    const { url } = await serve(files);
    const message = `snapshot.json is not in ${url}`;
    await expect(readServer(url)).rejects.toMatchObject({ code: 'DCT_FILE_MISSING', message });
  });

  it('that sends too much is not read to the end', async () => {
    const { url } = await serve(new Map(), (request, response) => {
      response.end(Buffer.alloc(request.url.includes('timestamp') ? 2 * 1024 * 1024 : 17 * 1024 * 1024));
    });
    expect(await codeOf(readServer(url))).toBe('DCT_TOO_LARGE');
  });

  it('that fails, or wants credentials, is told as a registry is', async () => {
    for (const [status, code] of [
      [500, 'SERVER_ERROR'],
      [401, 'UNAUTHORIZED'],
      [403, 'FORBIDDEN'],
    ] as const) {
      const { url } = await serve(new Map(), (_request, response) => void response.writeHead(status).end());
      await expect(readServer(url)).rejects.toMatchObject({ name: 'RegistryError', code });
    }
  });

  it('that answers with a page is no Notary server', async () => {
    const { url } = await serve(new Map(), (_request, response) => void response.end('<html>log in</html>'));
    expect(await codeOf(readServer(url))).toBe('DCT_MALFORMED');
  });

  it('is not waited for without end', async () => {
    const { url } = await serve(new Map(), () => undefined);
    const reading = readServer(url, { timeoutMs: 100 });
    await expect(reading).rejects.toMatchObject({ code: 'TIMEOUT', message: `${url}: root.json did not come in time` });
  });

  it('is given up when the caller says so', async () => {
    const { url } = await serve(new Map(), () => undefined);
    await expect(readServer(url, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it.each(['notary.example.com', 'ftp://x', 'https://user:pw@x', 'https://x/?a', 'https://x/#a', ''])(
    'is not named by %j',
    async (address) => {
      const client = createRegistryClient();
      expect(await codeOf(Promise.resolve().then(() => serverSource(client, address, gun)))).toBe(
        'DCT_QUESTION_INVALID',
      );
    },
  );

  it('may lie below a path', async () => {
    const asked: string[] = [];
    const { url } = await serve(new Map(), (request, response) => {
      asked.push(request.url);
      response.writeHead(404).end();
    });
    expect(await codeOf(readServer(`${url}/notary/`))).toBe('DCT_NOT_THERE');
    expect(asked).toEqual([`/notary/v2/${gun}/_trust/tuf/root.json`]);
  });
});
