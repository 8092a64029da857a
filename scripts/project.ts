import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const root: string = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A package's folder name under packages/. */
export type PackageName =
  | 'oci'
  | 'core'
  | 'verifier'
  | 'registry'
  | 'policy-import'
  | 'workloads'
  | 'dct'
  | 'signed-tags'
  | 'admission'
  | 'cli';

/** What each package may use of the others. Rule: docs/architecture.md; test/architecture.test.ts holds the sources to it. */
export const packageArrows: Readonly<Record<PackageName, readonly PackageName[]>> = {
  oci: [],
  core: ['oci'],
  verifier: ['oci', 'core'],
  registry: ['oci'],
  'policy-import': ['oci', 'verifier'],
  workloads: ['oci'],
  dct: ['oci', 'core'],
  'signed-tags': ['oci', 'core', 'verifier'],
  admission: ['oci', 'verifier', 'registry', 'workloads'],
  cli: ['oci', 'core', 'verifier', 'registry', 'policy-import', 'workloads', 'dct', 'signed-tags', 'admission'],
};

/** What packages offer beside their main entry, by the name in `exports`. */
export const packageEntries: Readonly<Record<PackageName, readonly string[]>> = {
  oci: [],
  core: ['notary-plugin', 'revocation', 'timestamp', 'x509'],
  verifier: ['policy', 'report.schema.json', 'revocation'],
  registry: [],
  'policy-import': [],
  workloads: [],
  dct: [],
  'signed-tags': [],
  admission: [],
  cli: [],
};

/** All packages, each after those that it uses. */
export const packageNames: readonly PackageName[] = [
  'oci',
  'core',
  'verifier',
  'registry',
  'policy-import',
  'workloads',
  'dct',
  'signed-tags',
  'admission',
  'cli',
];

/** The entry script of a development tool in node_modules, to be run by this Node. */
export const tools: Readonly<Record<'tsc' | 'biome' | 'vitest', string>> = {
  tsc: join(root, 'node_modules/typescript/bin/tsc'),
  biome: join(root, 'node_modules/@biomejs/biome/bin/biome'),
  vitest: join(root, 'node_modules/vitest/vitest.mjs'),
};

/** sha256 over everything that the built packages are made of: a stale dist shows by it, whatever the clocks of the files say. */
export function sourceStamp(): string {
  const patterns = ['packages/*/src/**/*', 'packages/*/build/**/*', 'packages/*/{package,tsconfig}.json'];
  const files = globSync([...patterns, 'tsconfig.base.json', 'package-lock.json', 'scripts/build*.ts'], { cwd: root });
  const hash = createHash('sha256');
  for (const file of files.filter(isFile).sort()) {
    hash.update(`${file}\0`).update(
      createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest(),
    );
  }
  return hash.digest('hex');
}

/** Where a finished build leaves the stamp of its sources. */
export const stampFile: string = join(root, '.cache/build-stamp');

/** True when the packages' dist folders are there and were built from the sources as they are now. */
export function buildIsFresh(): boolean {
  const outputs = packageNames.map((name) =>
    join(root, 'packages', name, 'dist', name === 'cli' ? 'main.js' : 'index.js'),
  );
  return outputs.every(existsSync) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sourceStamp();
}

function isFile(file: string): boolean {
  return /\.[a-z]+$/.test(file);
}
