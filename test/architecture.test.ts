import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ImportProblem,
  importsOf,
  lintImports,
  readSourceTree,
  type SourceTree,
} from '../scripts/lint-imports.ts';
import { packageNames, root, tools } from '../scripts/project.ts';
import { run } from './support/process.ts';
import { tempDir } from './support/temp.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('imports between packages', () => {
  it('the sources of the project break no rule', () => {
    expect(lintImports(readSourceTree())).toEqual([]);
  });

  it('reads imports of every form and none from comments', () => {
    const text = [
      `import a from 'a';`,
      `import type { B } from "b";`,
      `export { c } from 'c';`,
      `import {\n  d,\n} from 'd';`,
      `import 'e';`,
      `const f = await import('f');`,
      `// import x from 'x';`,
      `/* import y from 'y'; */`,
      `const words = ['import', 'z'];`,
      `const url = 'https://example.com'; import g from 'g';`,
    ];
    expect(importsOf(text.join('\n'))).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  const good = {
    'packages/core/src/a.ts': `import { x } from '@signet/oci'; import { b } from './b.ts';`,
    'packages/core/src/b.ts': '',
    'packages/cli/src/c.ts': `import { loadPolicy } from '@signet/verifier/policy';`,
  };
  it('the made-up tree that the next cases break is good', () => {
    expect(lintImports(treeOf(good))).toEqual([]);
  });

  const bad: readonly (readonly [ImportProblem['rule'], string, string])[] = [
    ['arrow', 'packages/oci/src/x.ts', `import { k } from '@signet/core';`],
    ['arrow', 'packages/core/src/x.ts', `import type { Rule } from '@signet/verifier';`],
    ['arrow', 'packages/registry/src/x.ts', `const core = await import('@signet/core');`],
    ['arrow', 'packages/verifier/src/x.ts', `export { startRegistry } from '@signet/registry';`],
    ['arrow', 'packages/verifier/src/x.ts', `import { readImages } from '@signet/workloads';`],
    ['arrow', 'packages/workloads/src/x.ts', `import { sign } from '@signet/core';`],
    ['deep-import', 'packages/core/src/x.ts', `import { d } from '@signet/oci/src/digest.ts';`],
    ['deep-import', 'packages/core/src/x.ts', `import { d } from '@signet/oci/dist/digest.js';`],
    ['deep-import', 'packages/cli/src/x.ts', `import { l } from '@signet/verifier/policy/load';`],
    ['leaves-package', 'packages/core/src/x.ts', `import { d } from '../../oci/src/digest.ts';`],
    ['leaves-package', 'packages/core/src/x.ts', `import { d } from '../../../scripts/project.ts';`],
    ['undeclared', 'packages/oci/src/x.ts', `import { jwtVerify } from 'jose';`],
    ['undeclared', 'packages/oci/src/x.ts', `import { x } from '@noble/ed25519';`],
    ['no-node-prefix', 'packages/oci/src/x.ts', `import { join } from 'path';`],
    ['unresolved', 'packages/oci/src/x.ts', `import { y } from './y.ts';`],
  ];
  it.each(bad)('finds: %s (%s, %s)', (rule, file, text) => {
    expect(lintImports(treeOf({ ...good, [file]: text })).map((problem) => problem.rule)).toEqual([rule]);
  });

  it('finds a cycle, through a type import too, and names its way', () => {
    const files = {
      'packages/core/src/a.ts': `import { b } from './b.ts';`,
      'packages/core/src/b.ts': `import type { A } from './c/c.ts';`,
      'packages/core/src/c/c.ts': `export { a } from '../a.ts';`,
    };
    const [problem, ...more] = lintImports(treeOf(files));
    expect(problem?.detail).toBe(
      'packages/core/src/a.ts -> packages/core/src/b.ts -> packages/core/src/c/c.ts -> packages/core/src/a.ts',
    );
    expect(more).toEqual([]);
  });
});

describe('lint', () => {
  const forbidden: readonly (readonly [string, string])[] = [
    ['noRestrictedGlobals', 'export const a: number = Date.now();'],
    ['noRestrictedGlobals', `export const a: Promise<Response> = fetch('http://127.0.0.1/');`],
    ['noRestrictedGlobals', 'export const a: string | undefined = process.env.HOME;'],
    ['noRestrictedImports', `import { readFileSync } from 'node:fs';\nexport const a: unknown = readFileSync;`],
    ['noRestrictedImports', `import { readFile } from 'node:fs/promises';\nexport const a: unknown = readFile;`],
    ['noRestrictedImports', `import { request } from 'node:http';\nexport const a: unknown = request;`],
    ['noRestrictedImports', `import { request } from 'undici';\nexport const a: unknown = request;`],
  ];
  const style: readonly (readonly [string, string])[] = [
    ['noExplicitAny', 'export const a: any = 1;'],
    ['noNonNullAssertion', 'export const a = (b?: string): string => b!;'],
    ['noDefaultExport', 'const a = 1;\nexport default a;'],
    ['noEnum', 'export enum A {\n  B,\n}'],
    ['noReExportAll', `export * from './b.ts';`],
    ['useImportExtensions', `import { a as b } from './a0';\nexport const a: unknown = b;`],
  ];

  it('keeps clock, files, network and environment out of core and verifier', async () => {
    const found = await lintRules([
      ...forbidden.map(([, text], at) => [`packages/core/src/a${at}.ts`, text] as const),
      ...forbidden.map(([, text], at) => [`packages/verifier/src/a${at}.ts`, text] as const),
    ]);
    for (const [at, [rule, text]] of forbidden.entries()) {
      expect(found.get(`packages/core/src/a${at}.ts`), text).toContain(rule);
      expect(found.get(`packages/verifier/src/a${at}.ts`), text).toContain(rule);
    }
  });

  it('allows them where they belong, and methods of those names everywhere', async () => {
    const method = 'export const a = (s: { fetch(): number }): number => s.fetch();';
    const found = await lintRules([
      ...forbidden.map(([, text], at) => [`packages/cli/src/a${at}.ts`, text] as const),
      ['packages/verifier/src/method.ts', method],
    ]);
    expect(found).toEqual(new Map());
  });

  it('holds the rules that the house style names', async () => {
    const found = await lintRules(style.map(([, text], at) => [`packages/oci/src/a${at}.ts`, text] as const));
    for (const [at, [rule, text]] of style.entries())
      expect(found.get(`packages/oci/src/a${at}.ts`), text).toContain(rule);
  });
});

describe('the manifests of the packages', () => {
  const manifests = ['package.json', ...packageNames.map((name) => `packages/${name}/package.json`)];

  it('have one version, also where they name one another', () => {
    const wanted = JSON.parse(read('package.json')).version;
    for (const path of manifests) {
      const manifest = JSON.parse(read(path));
      expect(manifest.version, path).toBe(wanted);
      for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
        if (name.startsWith('@signet/')) expect(range, `${path}: ${name}`).toBe(wanted);
      }
    }
  });

  it('pin every dependency exactly', () => {
    for (const path of manifests) {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path));
      for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
        expect(range, `${path}: ${name}`).toMatch(/^\d+\.\d+\.\d+$/);
      }
    }
  });

  it('leave no address of a package registry in the lock file', () => {
    const lock = read('package-lock.json');
    expect(lock).not.toMatch(/"resolved": "https?:/);
    expect(lock.match(/https?:\/\/[^"]*\.tgz/g)).toBeNull();
  });
});

describe('the sources of the project', () => {
  const sources = globSync('{packages/*/src,packages/*/bin,test,scripts,bench,examples}/**/*.{ts,js}', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path !== 'test/architecture.test.ts' && !path.includes('/dist/') && !path.includes('/fixtures/'));

  it.each([
    ['a test that runs alone or never', /\b(?:it|test|describe)\.(?:only|skip|todo)\b(?!\s*If)/],
    ['a note of what is still to be done', /\b(?:TODO|FIXME|XXX|HACK)\b/],
    ['a silenced check', /@ts-ignore|@ts-nocheck|biome-ignore-all/],
  ])('hold no %s', (_what, pattern) => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter((path) => pattern.test(read(path)))).toEqual([]);
  });

  it('make folders by makeFolders: a recursive mkdir never ends in /proc', () => {
    const recursive = /\bmkdir(?:Sync)?\([^;]*recursive: true/;
    const found = sources.filter((path) => path.startsWith('packages/') && recursive.test(read(path)));
    expect(found).toEqual([]);
  });

  it('hold no file of more than 400 lines in the packages', () => {
    const long = sources.filter((path) => path.startsWith('packages/') && read(path).split('\n').length > 401);
    expect(long).toEqual([]);
  });
});

describe('error codes', () => {
  it('are the ones that docs/errors.md explains, no more and no less', () => {
    const documented = [...read('docs/errors.md').matchAll(/^### ([A-Z][A-Z0-9_]+)$/gm)].map((match) => match[1] ?? '');
    expect(new Set(documented).size, 'a code has two entries').toBe(documented.length);
    const inSource = globSync('packages/*/src/errors.ts', { cwd: root }).flatMap((path) =>
      codesOf(read(path), /\w+Error/),
    );
    expect(inSource.length).toBeGreaterThan(40);
    expect([...documented].sort()).toEqual([...new Set(inSource)].sort());
  });

  it.each(['docs/errors.md', 'docs/reasons.md'])('each have an explanation and something to do in %s', (file) => {
    for (const entry of read(file).split(/^### /m).slice(1)) {
      const [code = '', ...lines] = (entry.split(/^## /m)[0] ?? '').split('\n');
      const text = lines.filter((line) => line.trim() !== '' && !/^(?:#|Stands in|What to do)/.test(line));
      expect(text.join(' ').length, `${code} is not explained`).toBeGreaterThan(20);
      expect(lines.join('\n'), `${code} does not say what to do`).toMatch(/^What to do: ./m);
    }
  });

  it('are read from unions of either layout', () => {
    expect(codesOf(`export type AErrorCode = 'A_B' | 'C';\nexport type X = 'D';`, /\w+Error/)).toEqual(['A_B', 'C']);
    expect(codesOf(`export type AErrorCode =\n  | 'A_B'\n  | 'C';\nclass E { name = 'E' }`, /\w+Error/)).toEqual([
      'A_B',
      'C',
    ]);
  });
});

describe('reason codes of reports', () => {
  it('are the ones that docs/reasons.md explains, each with the places of a report where it stands', () => {
    const inSource = new Map<string, string>();
    for (const { place, codes } of reasonUnions()) {
      expect(codes.length, place).toBeGreaterThan(1);
      for (const code of codes) inSource.set(code, [inSource.get(code), place].filter(Boolean).join(', '));
    }
    const documented = reasonEntries(read('docs/reasons.md'));
    expect(new Set(documented.map(([code]) => code)).size, 'a code has two entries').toBe(documented.length);
    expect(new Map(documented.toSorted())).toEqual(new Map([...inSource].toSorted()));
  });

  it('are read from entries and from rows of a table', () => {
    const text =
      '### A_A\n\nStands in: answer, gap. Leads to: denied.\n\n| [B_C](errors.md#b_c) | check | what | nothing |\n';
    expect(reasonEntries(text)).toEqual([
      ['A_A', 'answer, gap'],
      ['B_C', 'check'],
    ]);
  });
});

/** Where codes stand in a report, and the unions that have them; a gap also has those of a RegistryError. */
function reasonUnions(): readonly { readonly place: string; readonly codes: readonly string[] }[] {
  const source = (path: string): string => read(`packages/${path}.ts`);
  return [
    { place: 'answer', codes: codesOf(source('verifier/src/decision/verdict'), /(?:Report|Tag)/) },
    { place: 'check', codes: codesOf(source('verifier/src/finding'), /Check/) },
    { place: 'certificate', codes: codesOf(source('core/src/x509/chain-problem'), /Chain/) },
    { place: 'skipped', codes: codesOf(source('verifier/src/evidence'), /Skipped/) },
    { place: 'gate', codes: codesOf(source('admission/src/review/outcome'), /Gate/) },
    {
      place: 'gap',
      codes: [
        ...codesOf(source('verifier/src/evidence'), /Gap/),
        ...codesOf(source('oci/src/errors'), /RegistryError/),
      ],
    },
  ];
}

/** The codes that a page explains, and the places that it names for them. */
function reasonEntries(text: string): readonly (readonly [string, string])[] {
  const entry =
    /^### ([A-Z][A-Z0-9_]+)\n+Stands in: ([a-z, ]+)\. Leads to: \S|^\| \[([A-Z][A-Z0-9_]+)\]\(errors\.md#\w+\) \| ([a-z, ]+) \| [^|]+ \| [^|]+ \|$/gm;
  return [...text.matchAll(entry)].map((match) => [match[1] ?? match[3] ?? '', match[2] ?? match[4] ?? '']);
}

/** The literal codes of every `type …Code = 'A' | 'B';` of a source whose name before `Code` is this. */
function codesOf(text: string, name: RegExp): readonly string[] {
  const unions = [...text.matchAll(new RegExp(`\\btype ${name.source}Code =([^;]*);`, 'g'))].map(
    (match) => match[1] ?? '',
  );
  return unions.flatMap((union) => [...union.matchAll(/'([A-Z0-9_]+)'/g)].map((match) => match[1] ?? ''));
}

function treeOf(files: Readonly<Record<string, string>>): SourceTree {
  const declared = {
    oci: ['undici'],
    core: ['@signet/oci', 'jose'],
    verifier: ['@signet/oci'],
    registry: ['@signet/oci'],
    'policy-import': ['@signet/verifier'],
    workloads: ['@signet/oci'],
    dct: ['@signet/core'],
    'signed-tags': ['@signet/verifier'],
    admission: ['@signet/verifier'],
    cli: ['@signet/verifier'],
  };
  return { files: new Map(Object.entries(files)), declared };
}

/** The rules that Biome, with the project's configuration, reports for made-up files, by their path. */
async function lintRules(
  files: readonly (readonly [string, string])[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const dir = tempDir();
  const rules = new Map<string, string[]>();
  copyFileSync(join(root, 'biome.json'), join(dir, 'biome.json'));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const args = ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=github', '.'];
  const { stdout, stderr } = await run(process.execPath, [tools.biome, ...args], { cwd: dir });
  for (const [, rule = '', path = ''] of `${stdout}${stderr}`.matchAll(/title=lint\/\w+\/(\w+),file=([^,]+),/g)) {
    const made = path.replaceAll('\\', '/').slice(path.startsWith(dir) ? dir.length + 1 : 0);
    rules.set(made, [...(rules.get(made) ?? []), rule]);
  }
  return rules;
}
