import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { encodePublicKey, generateKey } from '@signet/core';
import { openLayout } from '@signet/oci';
import type { Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { buildCli, packedCommands } from '../../scripts/build-cli.ts';
import { signetProgram } from '../support/cli.ts';
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

describe('a command that is packed', () => {
  it('is one file: it works where nothing else of the program is', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'dist'));
    cpSync(dirname(signetProgram), join(dir, 'bin'), { recursive: true });
    for (const file of ['verify.js', 'package.json']) cpSync(join(built.outdir, file), join(dir, 'dist', file));
    const layout = join(dir, 'layout');
    await buildImage(await openLayout(layout, { create: true }), '1.0', 'hello');
    const key = join(dir, 'key.pub');
    writeFileSync(key, await encodePublicKey((await generateKey('ecdsa-p256')).publicKey, { form: 'pem' }));
    const verify = [join(dir, 'bin/signet.js'), 'verify', '--key', key, `oci:${layout}:1.0`];
    expect(await run(process.execPath, verify)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('NO_SIGNATURE'),
    });
    expect((await run(process.execPath, [join(dir, 'bin/signet.js'), 'version'])).stderr).toContain('main.js');
  });

  it('is known to the entry', () => {
    const entry = readFileSync(signetProgram, 'utf8');
    for (const name of packedCommands) expect(entry).toContain(`${name}: '../dist/${name}.js'`);
    expect(entry.match(/\.\.\/dist\//g)).toHaveLength(packedCommands.length + 1);
  });
});

describe("Node's compile cache", () => {
  it('is used by the second call of a command, whichever came between', async () => {
    const env = { NODE_COMPILE_CACHE: tempDir(), NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
    const call = async (...args: readonly string[]): Promise<string> =>
      (await run(process.execPath, [signetProgram, ...args], { env })).stderr;
    const firsts = [await call('verify', '--help'), await call('version'), await call('key', '--help')];
    expect(firsts.every((text) => /dist\S+ was not initialized/.test(text))).toBe(true);
    const seconds = [await call('version'), await call('verify', '--help'), await call('key', '--help')];
    for (const text of seconds) {
      expect(text).toMatch(/dist\S+ was accepted/);
      expect(text).not.toMatch(/rejected|not initialized/);
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
