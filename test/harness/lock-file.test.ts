import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/project.ts';

/** What a package of the lock file says about itself. */
interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type LockedPackages = Readonly<Record<string, LockedPackage>>;

describe('the lock file', () => {
  const packages: LockedPackages = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;

  it('is complete for every platform: npm 12 refuses one that lacks an optional package', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(150);
    expect(missingFrom(packages)).toEqual([]);
  });

  it('holds an integrity and no address for every package from a registry', () => {
    const fromRegistry = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
    const bad = fromRegistry.filter(([, one]) => !/^sha512-/.test(one.integrity ?? '') || one.resolved !== undefined);
    expect(bad).toEqual([]);
  });

  it.each<[string, LockedPackages, readonly string[]]>([
    ['an optional package', { a: { optionalDependencies: { 'a-win32': '1' } } }, ['a: a-win32']],
    ['a dependency', { 'packages/x': { dependencies: { b: '1' } } }, ['packages/x: b']],
    [
      'what lies inside a neighbour alone',
      { a: { dependencies: { b: '1' } }, 'node_modules/c/node_modules/b': {} },
      ['a: b'],
    ],
    ['nothing: found beside', { 'node_modules/@s/a': { dependencies: { b: '1' } }, 'node_modules/b': {} }, []],
    [
      'nothing: found inside',
      { 'node_modules/a': { dependencies: { b: '1' } }, 'node_modules/a/node_modules/b': {} },
      [],
    ],
  ])('the search finds what is missing: %s', (_what, made, missing) => {
    expect(missingFrom(made)).toEqual(missing);
  });
});

/** Every dependency, optional ones too, that no package of the lock answers to, looked up as Node does: inside, beside, further up. */
function missingFrom(packages: LockedPackages): readonly string[] {
  return Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !foldersAbove(path).some((folder) => `${folder}node_modules/${name}` in packages))
      .map((name) => `${path}: ${name}`),
  );
}

/** The folders where the dependencies of a package may lie, nearest first, each with its closing slash; the root is the empty one. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/node_modules/');
  const inside = parts.map((_, at) => `${parts.slice(0, parts.length - at).join('/node_modules/')}/`);
  return [...inside, ''];
}
