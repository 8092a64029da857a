import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildAuditStage } from '../support/audit-stage.ts';
import { signet, signetProgram } from '../support/cli.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { listenOnLoopback } from '../support/delay-proxy.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { jsonLines, makeKey, text } from './cli-world.ts';

const images = 24;

let dir: string;
let registry: TestRegistry;
let proxy: CountingProxy;
let policy: string;
/** What the proxy answers in place of the registry. */
let refuse: (path: string) => number | undefined;
beforeAll(async () => {
  dir = tempDir();
  registry = await startEmbeddedRegistry();
  const { key } = await makeKey(join(dir, 'a'));
  await buildAuditStage({
    ...{ host: registry.host, images, trusted: key, other: key },
    kindOf: () => 'unsigned',
    nameOf: (at) => `r${at % 4}/app:v${at}`,
  });
  proxy = await startCountingProxy(registry.host, 0, (path) => refuse(path));
  policy = join(dir, 'policy.yaml');
  writeFileSync(policy, 'version: 1\ntrust: { a: { keys: [a.pub] } }\nrules:\n  - { images: ["**"], require: a }\n');
});
afterAll(async () => {
  await proxy.stop();
  await registry.stop();
});
beforeEach(() => {
  refuse = () => undefined;
});

let count = 0;
const newFile = (): string => join(dir, `audit-${++count}.jsonl`);
const argsFor = (jsonl: string, ...more: readonly string[]) => {
  const concurrency = more.includes('--concurrency') ? [] : ['--concurrency', '1'];
  return ['audit', proxy.host, '--policy', policy, '--jsonl', jsonl, ...concurrency, ...more];
};

/** How many entries have each code; the whole lines of the file. */
function codesIn(jsonl: string): Readonly<Record<string, number>> {
  const whole = text(jsonl).slice(0, text(jsonl).lastIndexOf('\n'));
  const codes: Record<string, number> = {};
  for (const { kind, code } of jsonLines(whole))
    if (kind !== 'audit') codes[String(code ?? kind)] = (codes[String(code ?? kind)] ?? 0) + 1;
  return codes;
}

describe('an audit in trouble', () => {
  it('ends where nothing can be written any more, keeps what it wrote, and goes on when it can', async () => {
    const jsonl = newFile();
    // In blocks of 512 bytes: as a full disk, without one.
    const limited = ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, signetProgram, ...argsFor(jsonl)];
    const full = await run('sh', limited);
    expect(full).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^error\[FILE_UNWRITABLE\]: /) });
    expect(readFileSync(jsonl)).toHaveLength(4096);
    const kept = codesIn(jsonl).NO_SIGNATURE ?? 0;
    expect(kept).toBeGreaterThan(0);
    expect(existsSync(`${jsonl}.lock`)).toBe(false);
    const done = await signet(argsFor(jsonl, '--resume'));
    expect(done).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${images} images (${kept} of them before)`),
    });
    expect(codesIn(jsonl)).toEqual({ NO_SIGNATURE: images, end: 1 });
  });

  it('whose registry fails in the middle lists what is left as undecided, and asks for it when that is back', async () => {
    const jsonl = newFile();
    let answers = 0;
    refuse = (path) => (path.startsWith('/v2/r') && ++answers > 20 ? 500 : undefined);
    const failing = await signet(argsFor(jsonl, '--timeout', '2s', '--concurrency', '8'));
    expect(failing).toMatchObject({ code: 1, stderr: '' });
    const codes = codesIn(jsonl);
    expect(codes.NO_SIGNATURE).toBeLessThan(images);
    expect(codes.SERVER_ERROR).toBeGreaterThan(0); // repositories whose tags could not be listed
    refuse = () => undefined;
    expect(await signet(argsFor(jsonl, '--resume'))).toMatchObject({ code: 1, stderr: '' });
    expect(codesIn(jsonl)).toEqual({ NO_SIGNATURE: images, end: 1 });
  });

  it('that may not read some repositories says of each what it could not read', async () => {
    const jsonl = newFile();
    refuse = (path) => {
      if (path.startsWith('/v2/r0/app/tags/')) return 401;
      if (path.startsWith('/v2/r1/app/manifests/')) return 401;
      return path.startsWith('/v2/r2/app/referrers/') ? 403 : undefined;
    };
    expect(await signet(argsFor(jsonl))).toMatchObject({ code: 1, stderr: '' });
    const each = images / 4;
    expect(codesIn(jsonl)).toEqual({ UNAUTHORIZED: 1, UNRESOLVED: each, INCOMPLETE: each, NO_SIGNATURE: each, end: 1 });
  });

  it('whose list of repositories breaks off is not finished', async () => {
    const server = createServer(({ url = '' }, response) => {
      if (url.includes('last=')) response.writeHead(500).end();
      else if (url.startsWith('/v2/_catalog'))
        response.writeHead(200, { link: '</v2/_catalog?last=a>; rel="next"' }).end('{"repositories":["a"]}');
      else if (url.startsWith('/v2/a/tags/list')) response.end('{"name":"a","tags":["v1"]}');
      else response.writeHead(404).end();
    });
    const jsonl = newFile();
    const host = `127.0.0.1:${await listenOnLoopback(server)}`;
    try {
      const done = await signet(['audit', host, '--policy', policy, '--jsonl', jsonl, '--timeout', '2s']);
      expect(done).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/^error\[SERVER_ERROR\]: /) });
      expect(codesIn(jsonl)).toEqual({ UNRESOLVED: 1 });
    } finally {
      server.close();
    }
  });
});
