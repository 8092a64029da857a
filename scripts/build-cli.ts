import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { directImports } from './build-direct-imports.ts';
import { type BuiltFile, type PackedCommands, packParts } from './build-packs.ts';

const root: string = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli: string = join(root, 'packages/cli');

/** What came out of {@link buildCli}: esbuild's account of files and what is in them. */
export interface CliBuild {
  readonly outdir: string;
  readonly metafile: Metafile;
}

/** Commands that start from files of their own, those that run most often, in loops and pipelines; with what they load in the course of it. */
export const packedCommands: PackedCommands = {
  verify: {
    later: ['packages/cli/src/verify/asker.ts', 'packages/cli/src/verify/create-sink.ts'],
    policy: ['packages/cli/src/verify/asker-by-policy.ts'],
    tags: ['packages/signed-tags/src/index.ts'],
    certificates: [
      'packages/verifier/src/policy/load/x509-source.ts',
      'packages/verifier/src/formats/notary/consult.ts',
      'packages/verifier/src/formats/notary/verify-notary.ts',
      'jose/dist/webapi/jws/flattened/verify.js',
    ],
    notation: ['packages/cli/src/notary/notation-policy.ts'],
  },
  resolve: { later: ['packages/cli/src/resolve/resolve.ts'], tags: ['packages/signed-tags/src/index.ts'] },
  sign: { notary: ['packages/cli/src/notary/signing.ts', 'packages/cli/src/notary/signing-keys.ts'] },
  gate: { later: ['packages/cli/src/gate/judge-pull.ts'] },
};

/**
 * Builds the program `signet` from source: one entry, parts beside it that are loaded when needed, all dependencies inside.
 * Rule: design.md 8 "Start".
 */
export async function buildCli(options: { readonly outdir?: string } = {}): Promise<CliBuild> {
  const outdir = options.outdir ?? join(cli, 'dist');
  const { metafile, outputFiles } = await build({
    entryPoints: { main: join(cli, 'src/main.ts') },
    outdir,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['@signet/source'],
    // Names are kept (stacks, error classes); less white space is less to read at each start.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [slimDependencies, directImports(root)],
    // undici's own switch: without its second, experimental HTTP parser.
    define: { esbuildDetection: 'true' },
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const files: readonly BuiltFile[] = [
    ...parserFiles(),
    ...(await packParts({ metafile, files: outputFiles }, packedCommands)),
    { path: 'start.js', content: await bundleStart() },
  ];
  await mkdir(join(outdir, 'parts'), { recursive: true });
  await writeFile(join(outdir, 'package.json'), '{ "type": "commonjs" }\n');
  for (const { path, content } of files) await replaceFile(join(outdir, path), content);
  await writeFile(join(outdir, 'THIRD-PARTY-LICENSES'), await collectLicenses(metafile));
  await removeStale(outdir, new Set(files.map(({ path }) => join(outdir, path))));
  return { outdir, metafile };
}

/** undici's parser in files of its own: in the program's text it would be read at every start, as base64. */
function parserFiles(): readonly BuiltFile[] {
  const load = createRequire(join(root, 'package.json'));
  return ['llhttp', 'llhttp_simd'].map((name) => ({
    path: `${name}.wasm`,
    content: load(`undici/lib/llhttp/${name}-wasm.js`),
  }));
}

/** The first file, which loads the others: CommonJS, which Node starts with less ado. */
async function bundleStart(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(cli, 'src/start/start.ts')],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minifyWhitespace: true,
    minifySyntax: true,
    define: { PACKED_COMMANDS: JSON.stringify(Object.keys(packedCommands)) },
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

/** Files of an earlier build go last: a program that runs meanwhile finds all of its own. */
async function removeStale(outdir: string, fresh: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(outdir, { recursive: true })) {
    const file = join(outdir, name);
    if (name.endsWith('.js') && !fresh.has(file)) await rm(file);
  }
}

/** Never half written: a program may start meanwhile. */
async function replaceFile(path: string, content: BuiltFile['content']): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

/**
 * `undici` by its public name is its whole index (fetch, WebSocket, caches, mocks): most of the cost of loading it. In the program the
 * name means packages/cli/build/undici.js, which has what @signet/oci uses, on a dynamic import undici-proxy.js, and for the packages that ask
 * others than registries undici-request.js; `@sigstore/sign` in the same way, and parts of undici and Node that are slow to load and not needed. A name that is missing there fails the build. Their versions are pinned for that reason.
 */
const slimDependencies: Plugin = {
  name: 'slim-dependencies',
  setup(setup) {
    const part = (name: string): { path: string } => ({ path: join(cli, 'build', name) });
    setup.onResolve({ filter: /^undici$/ }, ({ kind, importer }) => {
      if (/packages[\\/](?:admission|verifier|core)[\\/]/.test(importer)) return part('undici-request.js');
      return part(kind === 'dynamic-import' ? 'undici-proxy.js' : 'undici.js');
    });
    setup.onResolve({ filter: /^\.\.\/web\/(?:fetch|webidl)/ }, ({ importer }) =>
      /undici[\\/]lib[\\/](?:core|dispatcher)[\\/]/.test(importer) ? part('undici-no-forms.cjs') : undefined,
    );
    setup.onResolve({ filter: /^\.\/tree$/ }, ({ importer }) =>
      /undici[\\/]lib[\\/]core[\\/]/.test(importer) ? part('undici-header-names.cjs') : undefined,
    );
    setup.onLoad({ filter: /undici[\\/]lib[\\/]llhttp[\\/]constants\.js$/ }, async ({ path }) => ({
      contents: await parserConstants(path),
    }));
    setup.onResolve({ filter: /^\.\.\/llhttp\/llhttp(?:_simd)?-wasm/ }, ({ path }) =>
      part(path.includes('_simd') ? 'undici-parser.cjs' : 'undici-parser-plain.cjs'),
    );
    setup.onResolve({ filter: /^(?:\.\/client-h2(?:\.js)?|node:http)$/ }, ({ importer, path }) =>
      /undici[\\/]lib[\\/]/.test(importer)
        ? part(path === 'node:http' ? 'undici-http.cjs' : 'undici-no-h2.cjs')
        : undefined,
    );
    setup.onResolve({ filter: /^(?:node:)?assert$/ }, ({ importer }) =>
      /undici[\\/]lib[\\/]/.test(importer) ? part('assert.cjs') : undefined,
    );
    setup.onResolve({ filter: /^node:(?:worker_threads|fs\/promises)$/ }, ({ kind, path }) =>
      kind === 'import-statement'
        ? part(path === 'node:worker_threads' ? 'worker-threads.js' : 'fs-promises.js')
        : undefined,
    );
    setup.onResolve({ filter: /^node:crypto$/ }, ({ importer }) =>
      /packages[\\/](?:oci[\\/]src[\\/]|cli[\\/]src[\\/]files\.ts)/.test(importer) ? part('crypto.js') : undefined,
    );
    setup.onResolve({ filter: /^node:child_process$/ }, ({ kind }) =>
      kind === 'import-statement' ? part('child-process.cjs') : undefined,
    );
    setup.onResolve({ filter: /^debug$/ }, ({ importer }) =>
      /iovalkey[\\/]built[\\/]/.test(importer) ? part('iovalkey-no-debug.cjs') : undefined,
    );
    setup.onResolve({ filter: /^light-my-request$/ }, () => part('fastify-no-inject.cjs'));
    setup.onResolve({ filter: /^@sigstore\/(?:sign|bundle)$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? part(`${path.slice(1).replace('/', '-')}.js`) : undefined,
    );
  },
};

/** The module makes tables of characters for its own generator, too: of what it comes to, only what undici's client uses is put in. */
async function parserConstants(path: string): Promise<string> {
  const client = await readFile(join(dirname(path), '../dispatcher/client-h1.js'), 'utf8');
  const used = new Set([...client.matchAll(/\bconstants\.(\w+)/g)].map(([, name = '']) => name));
  const all: Readonly<Record<string, unknown>> = createRequire(path)(path);
  return [...used].map((name) => `exports.${name}=${JSON.stringify(all[name])};`).join('\n');
}

/** The licence texts of everything that went into the bundle, by package. */
async function collectLicenses(metafile: Metafile): Promise<string> {
  const folders = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const texts = await Promise.all([...folders].sort().map(licenseOf));
  return `The program signet contains parts of these packages.\n\n${texts.join('\n')}`;
}

async function licenseOf(folder: string): Promise<string> {
  const about = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'License']) {
    const text = await readFile(join(root, folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) return `${'='.repeat(79)}\n${about.name} ${about.version} (${about.license})\n\n${text}`;
  }
  return `${'='.repeat(79)}\n${about.name} ${about.version} (${about.license}), ${about.homepage ?? about.repository?.url ?? ''}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { metafile } = await buildCli();
  for (const [file, { bytes }] of Object.entries(metafile.outputs)) console.log(`${String(bytes).padStart(9)} ${file}`);
}
