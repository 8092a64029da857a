import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegistryOptions, RequestEvent } from '@signet/registry';
import { startTestRegistry, type TestClient } from '../registry/client.ts';
import { needPeer, type PeerName, type RunResult, run, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';

/** An embedded registry, a folder to work in, and the peer programs run there without any settings of the user's. */
export interface RegistryWorld {
  readonly client: TestClient;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The registry's root. */
  readonly root: string;
  readonly folder: string;
  /** All requests so far. */
  readonly requests: readonly RequestEvent[];
  /** Standard output of a run that must succeed, without space around it. */
  ok(program: PeerName, ...args: readonly string[]): Promise<string>;
  run(program: PeerName, ...args: readonly string[]): Promise<RunResult>;
  /** A file of the folder. */
  file(name: string, content: string): string;
}

/** What a world adds to the registry's options: variables for the peers. */
export interface WorldOptions extends Partial<RegistryOptions> {
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a world; it goes with the test. */
export async function startWorld({ env = {}, ...options }: WorldOptions = {}): Promise<RegistryWorld> {
  const requests: RequestEvent[] = [];
  const root = tempDir('signet-root-');
  const folder = tempDir('signet-peer-');
  const client = await startTestRegistry({ root, ...options, logger: (event) => requests.push(event) });
  const around = { cwd: folder, env: { HOME: folder, DOCKER_CONFIG: folder, COSIGN_PASSWORD: 'a password', ...env } };
  return {
    client,
    host: client.registry.address,
    root,
    folder,
    requests,
    ok: async (program, ...args) => (await runOk(needPeer(program), args, around)).trim(),
    run: (program, ...args) => run(needPeer(program), args, around),
    file(name, content) {
      writeFileSync(join(folder, name), content);
      return name;
    },
  };
}

/** Lines of an output, sorted. */
export function lines(text: string): readonly string[] {
  return text.split('\n').filter(Boolean).sort();
}

/** Pushes an artifact of two files by oras and gives its digest. */
export async function orasPush({ ok, file }: RegistryWorld, reference: string): Promise<string> {
  const files = [file('a.txt', `a of ${reference}`), file('b.txt', `b of ${reference}`)];
  await ok('oras', 'push', '--plain-http', reference, ...files.map((name) => `${name}:text/plain`));
  return ok('oras', 'resolve', '--plain-http', reference);
}

/** Attaches a file by oras and gives the digest of the manifest that refers. */
export async function orasAttach(world: RegistryWorld, reference: string, type: string): Promise<string> {
  const name = world.file('attached.json', `{"${type}":"${reference}"}`);
  const api = ['--plain-http', '--distribution-spec', 'v1.1-referrers-api', '--artifact-type', type];
  return world.ok('oras', 'attach', ...api, '--format', 'go-template={{.digest}}', reference, `${name}:${type}`);
}

/** Digests of what refers to a reference, as oras finds them; `place` says where: flags of oras. */
export async function orasDiscover(
  { ok }: RegistryWorld,
  reference: string,
  ...place: readonly string[]
): Promise<readonly string[]> {
  const json = await ok('oras', 'discover', ...place, '--depth', '1', '--format', 'json', reference);
  const { referrers } = JSON.parse(json) as { referrers?: { digest: string }[] };
  return (referrers ?? []).map((found) => found.digest).sort();
}

/** Pushes an image of one layer by crane and gives its digest. */
export async function craneAppend({ ok, file, folder }: RegistryWorld, reference: string): Promise<string> {
  file('layer.txt', `layer of ${reference}`);
  await runOk('tar', ['-cf', 'layer.tar', 'layer.txt'], { cwd: folder });
  const pushed = await ok('crane', 'append', '--oci-empty-base', '-f', 'layer.tar', '-t', reference);
  return pushed.slice(pushed.indexOf('@') + 1);
}
