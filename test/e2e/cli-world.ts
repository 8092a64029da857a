import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createSoftwareSigner, parsePrivateKey, sigstoreFormat } from '@signet/core';
import { createRegistryClient, openLayout, openStore, parseReference, type Store } from '@signet/oci';
import { buildImage, buildIndex } from '../../packages/cli/src/demo/image.ts';
import { signet, startSignet } from '../support/cli.ts';
import type { RunOptions, RunResult, StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

/** A registry process, a layout with images to push from, and a key pair: what most tests of commands need. */
export interface CliWorld {
  readonly dir: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly layoutDir: string;
  readonly layout: Store;
  readonly key: string;
  readonly pub: string;
  readonly server: StartedProcess;
  /** Pushes an image of its own with this greeting; gives its reference `HOST/NAME:TAG`. */
  readonly push: (name: string, greeting?: string) => Promise<string>;
  readonly pushIndex: (name: string) => Promise<string>;
  /** What an index lists. */
  readonly children: (reference: string) => Promise<readonly { readonly digest: string }[]>;
  /** The digest that a reference names now. */
  readonly digestOf: (reference: string) => Promise<string>;
}

/** Builds it all; the caller stops the server. */
export async function createCliWorld(serveArgs: readonly string[] = []): Promise<CliWorld> {
  const dir = tempDir();
  const layoutDir = join(dir, 'images');
  const [server, layout, pair] = await Promise.all([
    startSignet(['registry', 'serve', '--port', '0', '--root', join(dir, 'registry'), ...serveArgs], {
      ready: /registry: https?:\/\/(\S+)/,
    }),
    openLayout(layoutDir, { create: true }),
    makeKey(join(dir, 'k')),
  ]);
  const host = server.match[1]?.replace(/\/$/, '') ?? '';
  const pushLayout = async (tag: string, name: string): Promise<string> => {
    await ok(['copy', `oci:${layoutDir}:${tag}`, `${host}/${name}`]);
    return `${host}/${name}`;
  };
  let count = 0;
  return {
    dir,
    host,
    layoutDir,
    layout,
    ...pair,
    server,
    async push(name, greeting = name) {
      const tag = `image-${++count}`;
      await buildImage(layout, tag, greeting);
      return pushLayout(tag, name);
    },
    async pushIndex(name) {
      const tag = `image-${++count}`;
      await buildIndex(layout, tag, name);
      return pushLayout(tag, name);
    },
    async children(reference) {
      const { root } = JSON.parse((await ok(['tree', reference, '-o', 'json'])).stdout);
      return root.children.filter((child: { link: { kind: string } }) => child.link.kind === 'platform');
    },
    async digestOf(reference) {
      return JSON.parse((await ok(['tree', reference, '-o', 'json'])).stdout).root.digest;
    },
  };
}

/** A key pair without password at PREFIX.key and PREFIX.pub. */
export async function makeKey(prefix: string, type = 'p256'): Promise<{ readonly key: string; readonly pub: string }> {
  await ok(['key', 'generate', '--type', type, '--out', prefix], { env: { SIGNET_PASSWORD: '' } });
  return { key: `${prefix}.key`, pub: `${prefix}.pub` };
}

/** Runs the program; anything but exit 0 fails the test with what it said. */
export async function ok(args: readonly string[], options?: RunOptions): Promise<RunResult> {
  const done = await signet(args, options);
  if (done.code !== 0)
    throw new RangeError(`signet ${args.join(' ')}: exit ${done.code}\n${done.stdout}${done.stderr}`);
  return done;
}

/** The JSON documents of a result, one a line. */
export function jsonLines(text: string): readonly Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A file as text. */
export function text(path: string): string {
  return readFileSync(path, 'utf8');
}

/** Signs what a reference names, as `signet sign` does. */
export async function signReference(
  reference: string,
  keyFile: string,
  options: { readonly annotations?: Readonly<Record<string, string>>; readonly digest?: string } = {},
): Promise<void> {
  const client = createRegistryClient();
  try {
    const parsed = parseReference(reference);
    const store = await openStore(parsed, client);
    const { descriptor: subject } = await store.resolve(options.digest ?? parsed.tag ?? 'latest');
    const signer = createSoftwareSigner(await parsePrivateKey(readFileSync(keyFile)));
    const payload = sigstoreFormat.payload({
      subject,
      signedAtMs: Date.now(),
      annotations: options.annotations ?? {},
      ...(parsed.kind === 'registry' && options.digest === undefined ? { signedReference: reference } : {}),
    });
    const artifact = await sigstoreFormat.seal(payload, signer);
    const pace = { wait: () => Promise.resolve(), clock: () => 0, random: Math.random };
    await sigstoreFormat.store(artifact, Date.now(), { store, subject, pace });
  } finally {
    await client.close();
  }
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.on('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
