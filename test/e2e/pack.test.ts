import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildIsFresh, packageNames, root, tools } from '../../scripts/project.ts';
import { HarnessError } from '../support/harness-error.ts';
import { type RunResult, run, runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

/** Node 24 first, also for the programs that npm starts. */
const env = { PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`, NODE_OPTIONS: undefined };
const libraries = packageNames.filter((name) => name !== 'cli');
let user = '';
let packed: ReadonlyMap<string, readonly string[]> = new Map();

beforeAll(async () => {
  if (!buildIsFresh()) throw new HarnessError('the packages are not built from the sources as they are: npm run build');
  const folder = tempDir('signet-pack-');
  packed = await packAll(folder);
  user = join(folder, 'user');
  mkdirSync(user);
  writeFileSync(join(user, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  expect(tarballs).toHaveLength(packageNames.length);
  const args = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    ...tarballs.map((name) => join(folder, name)),
  ];
  await runOk('npm', args, { cwd: user, env, timeoutMs: 240_000 });
}, 300_000);

describe('the packed packages, installed in an empty folder', () => {
  it('hold what is built, the licence and nothing of the sources', () => {
    for (const name of libraries) {
      expect(packed.get(name), name).toEqual(
        expect.arrayContaining(['package.json', 'dist/LICENSE', 'dist/index.js', 'dist/index.d.ts']),
      );
    }
    expect(packed.get('cli')).toEqual(
      expect.arrayContaining(['bin/signet.js', 'dist/LICENSE', 'dist/main.js', 'dist/THIRD-PARTY-LICENSES']),
    );
    for (const [name, files] of packed) {
      expect(
        files.filter((file) => /^(?:src|test|node_modules)\/|(?<!\.d)\.ts$|\.key$/.test(file)),
        name,
      ).toEqual([]);
    }
  });

  it('are installed once each, none inside another', () => {
    expect(readdirSync(join(user, 'node_modules/@signet')).sort()).toEqual([...packageNames].sort());
    const inside = packageNames.map((name) => join(user, 'node_modules/@signet', name, 'node_modules/@signet'));
    expect(inside.filter((path) => existsSync(path))).toEqual([]);
  });

  it.each(libraries)('@signet/%s can be imported, and its inside cannot', async (name) => {
    const text = `import * as all from '@signet/${name}'; process.stdout.write(JSON.stringify(Object.keys(all)));`;
    const names: unknown = JSON.parse(
      await runOk(process.execPath, ['--input-type=module', '-e', text], { cwd: user, env }),
    );
    expect(names).toEqual(expect.arrayContaining([...(expectedExports[name] ?? [])]));
    const deep = `await import('@signet/${name}/dist/errors.js');`;
    const refused = await run(process.execPath, ['--input-type=module', '-e', deep], { cwd: user, env });
    expect(refused.stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it.each(['report', 'policy'])('publish the schema of the %s', async (what) => {
    const text = `import s from '@signet/verifier/${what}.schema.json' with { type: 'json' }; process.stdout.write(s.$schema);`;
    const told = await runOk(process.execPath, ['--input-type=module', '-e', text], { cwd: user, env });
    expect(told).toContain('json-schema.org');
  });

  it('offer the policy loader as an entry of its own, which the main one does not load', async () => {
    const text = `import { loadPolicy } from '@signet/verifier/policy'; process.stdout.write(typeof loadPolicy);`;
    expect(await runOk(process.execPath, ['--input-type=module', '-e', text], { cwd: user, env })).toBe('function');
    const main = `await import('@signet/verifier'); process.stdout.write(Object.keys(process.getBuiltinModule('module')._cache).join());`;
    expect(await runOk(process.execPath, ['--input-type=module', '-e', main], { cwd: user, env })).not.toMatch(/yaml/);
  });

  it('have types that a strict program is checked against', async () => {
    const checked = await typeCheck({
      'good.ts': goodProgram,
      'bad.ts': `${goodProgram}\nexport const wrong: number = parseReference('a/b:c');`,
    });
    expect(checked.code).not.toBe(0);
    // Of the one line that is wrong, and of nothing else.
    expect(checked.stdout).toMatch(/^bad\.ts\(\d+,\d+\): error TS2322.*\n(?: .*\n)*$/);
  });

  it('run as a program', async () => {
    const done = await run('npx', ['--no', 'signet', 'version'], { cwd: user, env });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/\d+\.\d+\.\d+/) });
  });
});

const expectedExports: Readonly<Record<string, readonly string[]>> = {
  oci: ['RegistryError', 'parseReference', 'createMemoryStore'],
  core: ['KeyError', 'EnvelopeError', 'parsePublicKey'],
  verifier: ['PolicyError', 'verify', 'decide'],
  registry: ['startRegistry'],
  workloads: ['WorkloadError', 'readImages', 'imagesOfObject', 'pinImages'],
  'policy-import': ['convertPolicy', 'importFormats'],
  dct: ['DctError', 'readTrustData'],
};

const goodProgram = `
import { createMemoryStore, parseReference, RegistryError, type Store } from '@signet/oci';
import { parsePublicKey, type PublicKey } from '@signet/core';
import { type Report, verify } from '@signet/verifier';
import { loadPolicy, type PolicyReader } from '@signet/verifier/policy';
import { startRegistry } from '@signet/registry';

export const store: Store = createMemoryStore();
export const reference = parseReference('registry.example.com/a/b:c');
export const key: Promise<PublicKey> = parsePublicKey(new Uint8Array());
export const report: (...args: Parameters<typeof verify>) => Promise<Report> = verify;
export const loads: (reader: PolicyReader) => Promise<unknown> = (reader) => loadPolicy('-', { reader, env: {} });
export const starts: typeof startRegistry = startRegistry;
export const isOurs = (error: unknown): boolean => error instanceof RegistryError && error.code === 'NOT_FOUND';
`;

/** Packs each package into `folder`; gives the files in each. */
async function packAll(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const files = new Map<string, readonly string[]>();
  const folders = packageNames.map((name) => `./packages/${name}`);
  await runOk('npm', ['pack', '--ignore-scripts', '--pack-destination', folder, ...folders], { cwd: root, env });
  for (const tarball of readdirSync(folder)) {
    const name = packageNames.find((each) => tarball.startsWith(`signet-${each}-`));
    const list = await runOk('tar', ['-tzf', join(folder, tarball)]);
    if (name !== undefined)
      files.set(
        name,
        list
          .trim()
          .split('\n')
          .map((path) => path.replace(/^package\//, '')),
      );
  }
  return files;
}

async function typeCheck(files: Readonly<Record<string, string>>): Promise<RunResult> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(user, name), text);
  const options = {
    strict: true,
    noEmit: true,
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    skipLibCheck: false,
  };
  const config = { compilerOptions: options, files: Object.keys(files) };
  writeFileSync(join(user, 'tsconfig.json'), JSON.stringify(config));
  return run(process.execPath, [tools.tsc, '--pretty', 'false', '-p', '.'], { cwd: user, env });
}
