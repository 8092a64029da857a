import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { signet, startSignet } from '../support/cli.ts';
import { isRoot } from '../support/peer-paths.ts';
import type { RunResult, StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, makeKey, signReference } from './cli-world.ts';

let world: CliWorld;
let policy: string;
/** `NAME DIGEST`, as containerd hands them over. */
const images = new Map<string, readonly [name: string, digest: string]>();

beforeAll(async () => {
  world = await createCliWorld();
  const other = await makeKey(join(world.dir, 'other'));
  const add = async (name: string, key?: string): Promise<string> => {
    const reference = await world.push(`${name}:1`);
    if (key !== undefined) await signReference(reference, key);
    images.set(name, [reference, await world.digestOf(reference)]);
    return reference;
  };
  await Promise.all([add('signed', world.key), add('refused', world.key), add('foreign', other.key), add('plain')]);
  const moved = await add('moved', world.key);
  await world.push('moved:1', 'another');
  images.set('moved', [moved, await world.digestOf(moved)]);
  policy = join(world.dir, 'policy.yaml');
  const refused = images.get('refused')?.[1];
  writeFileSync(
    policy,
    `version: 1\ntrust: { team: { keys: [k.pub] } }\nrefuse: { digests: ["${refused}"] }\nrules:\n  - { images: ["${world.host}/**"], require: team }\n`,
  );
});

afterAll(() => world.server.stop());

async function serve(): Promise<{ readonly socket: string; readonly process: StartedProcess }> {
  const socket = join(tempDir(), 'signet.sock');
  const started = await startSignet(['serve', '--policy', policy, '--port', '0', '--socket', socket], {
    ready: /signet serves unix:/,
  });
  onTestFinished(() => started.stop());
  return { socket, process: started };
}

/** As containerd calls the gate for a pull of this image. */
async function pull(image: string, ...flags: readonly string[]): Promise<RunResult> {
  const [name, digest] = images.get(image) ?? ['', ''];
  const call = ['-name', name, '-digest', digest, '-stdin-media-type', 'application/vnd.oci.descriptor.v1+json'];
  const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 500 };
  return await signet(['gate', 'containerd', ...flags, '--', ...call], { input: JSON.stringify(descriptor) });
}

/** A socket where this happens to each connection. */
async function pretend(talk: (connection: Socket) => void, atEnd: (stop: () => void) => void): Promise<string> {
  const socket = join(tempDir(), 'signet.sock');
  const open = new Set<Socket>();
  const server: Server = createServer((connection) => {
    open.add(connection);
    connection.on('error', () => {}); // The gate breaks it off.
    talk(connection);
  });
  atEnd(() => {
    for (const connection of open) connection.destroy();
    server.close();
  });
  await new Promise<void>((listening) => void server.listen(socket, listening));
  return socket;
}

describe('signet gate containerd and signet serve', () => {
  it('together say what the gate says by itself', async () => {
    const { socket } = await serve();
    const codes: Record<string, number> = {};
    for (const image of images.keys()) {
      const [alone, asked] = await Promise.all([pull(image, '--policy', policy), pull(image, '--server', socket)]);
      expect(asked).toEqual(alone);
      codes[image] = asked.code;
    }
    expect(codes).toEqual({ signed: 0, refused: 1, foreign: 1, plain: 1, moved: 1 });
  });

  it('where the server was killed, its socket is nobody: the policy decides, else nothing passes', async () => {
    const { socket, process } = await serve();
    await process.stop('SIGKILL');
    expect(await pull('signed', '--server', socket)).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^error\[RESIDENT_FAILED\]: .*nobody listens/),
    });
    expect(await pull('signed', '--server', socket, '--policy', policy)).toMatchObject({ code: 0 });
    expect(await pull('plain', '--server', socket, '--policy', policy)).toMatchObject({ code: 1 });
  });

  it('where the server is stopped while it is asked, likewise, in the time that there is', async () => {
    const { socket, process } = await serve();
    process.child.kill('SIGSTOP');
    onTestFinished(() => void process.child.kill('SIGCONT'));
    const flags = ['--server', socket, '--timeout', '4s'];
    const alone = await pull('signed', ...flags);
    expect(alone).toMatchObject({ code: 3, stdout: expect.stringMatching(/^error\[(RESIDENT_FAILED|TIMEOUT)\]/) });
    expect(await pull('plain', ...flags, '--policy', policy)).toMatchObject({ code: 1 });
  });

  const yes = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${body}`;
  const verified = (name: string, digest: string): string => {
    const reference = `${name}@${digest}`;
    const report = { reference, verdict: 'verified', code: 'VERIFIED', allowed: true, digest, summary: 'yes' };
    return JSON.stringify({ allowed: true, results: [{ image: reference, report }] });
  };
  // Side by side: they wait for time limits.
  it.concurrent.for<readonly [string, (connection: Socket) => void]>([
    ['says nothing', () => {}],
    ['hangs up', (connection) => void connection.destroy()],
    ['talks nonsense', (connection) => void connection.end('yes\r\n\r\n')],
    ['gives a status alone', (connection) => void connection.end('HTTP/1.1 200 OK\r\n\r\n')],
    ['says yes, and not to what', (connection) => void connection.end(yes('{"allowed":true}'))],
    ['never ends', (connection) => void setInterval(() => connection.write('x'), 100).unref()],
    ['ends a line of its head never', (connection) => void connection.write('HTTP/1.1 200 OK\r\nx: ')],
    [
      'gives its answer letter by letter',
      (connection) => {
        const [name, digest] = images.get('plain') ?? ['', ''];
        const letters = [...yes(verified(name, digest))];
        const timer = setInterval(() => connection.write(letters.shift() ?? ''), 200).unref();
        connection.on('close', () => clearInterval(timer));
      },
    ],
    [
      'promises more than it gives',
      (connection) => {
        const [name, digest] = images.get('plain') ?? ['', ''];
        const body = verified(name, digest);
        connection.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length + 1}\r\n\r\n${body}`);
      },
    ],
    [
      'sends very much',
      (connection) => {
        connection.write(yes('['));
        const more = (): void => void (connection.writable && connection.write(' '.repeat(1_000_000), more));
        more();
      },
    ],
  ])('a server that %s opens nothing', async ([, talk], { onTestFinished: atEnd }) => {
    const flags = ['--server', await pretend(talk, atEnd), '--timeout', '3s'];
    const [alone, withPolicy] = await Promise.all([
      pull('plain', ...flags),
      pull('plain', ...flags, '--policy', policy),
    ]);
    expect(alone).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^error\[(RESIDENT_FAILED|TIMEOUT)\]/),
    });
    expect(withPolicy).toMatchObject({ code: expect.toSatisfy(isRefusal) });
  });

  it('a socket in a folder that others may write to is not asked', async () => {
    const folder = join(tempDir(), 'shared');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const socket = join(folder, 's');
    const server = createServer((connection) => void connection.end('HTTP/1.1 200 OK\r\n\r\n'));
    onTestFinished(() => void server.close());
    await new Promise<void>((listening) => void server.listen(socket, listening));
    expect(await pull('signed', '--server', socket, '--policy', policy)).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^error\[SOCKET_UNSAFE\]: .*others can put another in its place/),
    });
  });

  it.skipIf(!isRoot)('nor is one that belongs to somebody else', async () => {
    const { socket } = await serve();
    chownSync(socket, 12_345, 12_345);
    expect(await pull('signed', '--server', socket)).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^error\[SOCKET_UNSAFE\]: .*belongs to user 12345/),
    });
  });
});

function isRefusal(code: number): boolean {
  return code === 1 || code === 3;
}
