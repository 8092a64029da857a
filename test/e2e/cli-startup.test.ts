import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { encodePublicKey, generateKey } from '@signet/core';
import type { Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCli } from '../../scripts/build-cli.ts';
import { signetProgram } from '../support/cli.ts';
import { startHostileRegistry } from '../support/hostile-registry.ts';
import { run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

let built: { readonly metafile: Metafile; readonly outdir: string };
beforeAll(async () => {
  built = await buildCli({ outdir: join(tempDir(), 'dist') });
});

/** The output file that holds this source file. */
function outputOf(source: string): string {
  const found = Object.entries(built.metafile.outputs).find(
    ([, output]) => (output.inputs[source]?.bytesInOutput ?? 0) > 0,
  );
  if (found === undefined) return expect.unreachable(`${source} is in no output`);
  return found[0];
}

/** All source files that are loaded with an output file: it and what it imports statically. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { path, kind } of built.metafile.outputs[file]?.imports ?? []) {
    if (kind === 'import-statement') loadedWith(path, seen);
  }
  return seen;
}

function sourcesOf(...entries: readonly string[]): readonly string[] {
  const files = new Set(entries.flatMap((entry) => [...loadedWith(outputOf(entry))]));
  return [...files].flatMap((file) =>
    Object.entries(built.metafile.outputs[file]?.inputs ?? {}).flatMap(([source, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [source] : [],
    ),
  );
}

const main = 'packages/cli/src/main.ts';
const heavy = /node_modules\/(?:undici|jose|@sigstore|@noble|bcryptjs)\/|packages\/(?:oci|core|registry)\//;

describe('what the program loads', () => {
  it('is, for the entry and version, commander and little else', () => {
    const sources = sourcesOf(main, 'packages/cli/src/commands/version.ts');
    expect(sources.filter((source) => heavy.test(source))).toEqual([]);
    expect(sources.some((source) => source.includes('node_modules/commander/'))).toBe(true);
  });

  it('is for verify neither signing, nor the registry server, nor key forms that are not met', () => {
    const sources = sourcesOf(main, 'packages/cli/src/commands/verify.ts');
    expect(sources.some((source) => source.includes('undici/lib/dispatcher/client.js'))).toBe(true);
    const unwanted =
      /node_modules\/(?:jose|@sigstore|bcryptjs|@noble\/ciphers)\/|packages\/registry\/|undici\/lib\/(?:web|mock|cache)\//;
    expect(sources.filter((source) => unwanted.test(source))).toEqual([]);
  });

  it('never holds the table of another command', () => {
    for (const command of ['sign', 'verify', 'copy', 'key']) {
      const others = sourcesOf(main, `packages/cli/src/commands/${command}.ts`).filter((source) =>
        /cli\/src\/commands\//.test(source),
      );
      expect(others.filter((source) => !source.includes(`/commands/${command}`))).toEqual([]);
    }
  });
});

async function publicKeyFile(): Promise<string> {
  const file = join(tempDir(), 'key.pub');
  writeFileSync(file, await encodePublicKey((await generateKey('ecdsa-p256')).publicKey, { form: 'pem' }));
  return file;
}

describe('a command that is packed', () => {
  it('has all in its own files: it works where nothing else of the program is', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'dist'));
    cpSync(dirname(signetProgram), join(dir, 'bin'), { recursive: true });
    const files = ['start.js', 'verify.js', 'verify-later.js', 'package.json', 'llhttp.wasm', 'llhttp_simd.wasm'];
    for (const file of files) cpSync(join(built.outdir, file), join(dir, 'dist', file));
    const server = await startHostileRegistry((_, response) => void response.writeHead(404).end());
    try {
      const image = `${server.host}/a/b@sha256:${'0'.repeat(64)}`;
      const verify = [join(dir, 'bin/signet.js'), 'verify', '--plain-http', '--key', await publicKeyFile(), image];
      expect(await run(process.execPath, verify)).toMatchObject({
        code: 3,
        stdout: expect.stringContaining('NOT_FOUND'),
      });
    } finally {
      await server.stop();
    }
    expect((await run(process.execPath, [join(dir, 'bin/signet.js'), 'version'])).stderr).toContain('main.js');
  });
});

describe('what was compiled', () => {
  it('is taken by the second call of a command, whichever came between, and no request of the first spoils it', async () => {
    const dir = tempDir();
    const env = { NODE_COMPILE_CACHE: dir };
    const server = await startHostileRegistry((_, response) => void response.writeHead(404).end());
    try {
      const verify = [
        'verify',
        '--plain-http',
        '--key',
        await publicKeyFile(),
        `${server.host}/a/b@sha256:${'0'.repeat(64)}`,
      ];
      const call = async (...args: readonly string[]) => {
        await run(process.execPath, [signetProgram, ...args], { env });
        return kept(dir);
      };
      const first = await call(...verify);
      expect([...first.keys()].map((name) => name.split('-v24')[0]).sort()).toEqual(['verify-later.js', 'verify.js']);
      expect(await call('version')).toEqual(first);
      // What does not fit would be made anew: it has not been.
      expect(await call(...verify)).toEqual(first);
      expect(server.seen.length).toBeGreaterThan(1);
    } finally {
      await server.stop();
    }
  });

  it('is not kept by a call that was told wrongly', async () => {
    const env = { NODE_COMPILE_CACHE: tempDir() };
    expect(await run(process.execPath, [signetProgram, 'verify', '--nonsense'], { env })).toMatchObject({ code: 2 });
    expect(kept(env.NODE_COMPILE_CACHE).size).toBe(0);
  });
});

/** The program's own files of compiled code, with when they were written. */
function kept(dir: string): ReadonlyMap<string, bigint> {
  const files = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map(({ name }) => [name, statSync(join(dir, name), { bigint: true }).mtimeNs]));
}

describe("undici's parser", () => {
  it('is got ready beforehand where the processor can; where it cannot, nothing is said and nothing breaks', async () => {
    const dir = tempDir();
    cpSync('packages/cli/build/undici-parser.cjs', join(dir, 'parser.cjs'));
    const wasm = readFileSync(join(built.outdir, 'llhttp_simd.wasm'));
    for (const bytes of [wasm, wasm.subarray(0, 100)]) {
      writeFileSync(join(dir, 'llhttp_simd.wasm'), bytes);
      const program = 'console.log(require("./parser.cjs").length)';
      const done = await run(process.execPath, ['-e', program], { cwd: dir });
      expect(done).toMatchObject({ code: 0, stdout: `${bytes.length}\n`, stderr: '' });
    }
  });
});

describe('the bundle', () => {
  it('has the licences of all that is in it', () => {
    const licences = readFileSync(join(built.outdir, 'THIRD-PARTY-LICENSES'), 'utf8');
    for (const name of ['undici', 'commander', 'jose', '@noble/ed25519', 'bcryptjs']) {
      expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
    }
    expect(licences).toContain('Permission is hereby granted');
  });

  it('asks for nothing that it does not bring', () => {
    const outside = Object.values(built.metafile.outputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external === true),
    );
    expect(outside.map(({ path }) => path).filter((path) => !isBuiltin(path))).toEqual([]);
  });
});
