import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Lets sources of the packages import one another past the index files: `import { a } from '@signet/oci'` becomes an import from the file
 * that defines `a`. esbuild splits by files, and an index file ties everything behind it together: each command would load all packages.
 * It relies on index.ts holding named re-exports only, and on the formatter's way of writing imports; what does not fit fails the build.
 */
export function directImports(root: string): Plugin {
  const indexes = new Map<string, Promise<ReadonlyMap<string, string>>>();
  const fileOf = async (name: string, from: string): Promise<string> => {
    const known = indexes.get(from) ?? indexOf(root, from).then(readIndex);
    indexes.set(from, known);
    const file = (await known).get(name);
    if (file === undefined) throw new TypeError(`${from} does not export ${name}`);
    return file;
  };
  return {
    name: 'direct-imports',
    setup(setup) {
      setup.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!relative(root, path).startsWith(`packages${sep}`)) return undefined;
        return { contents: await rewrite(await readFile(path, 'utf8'), fileOf), loader: 'ts' };
      });
    },
  };
}

const importPattern = /^import (type )?\{([^}]*)\} from '(@signet\/[a-z-]+(?:\/[a-z-]+)?)';/gm;

async function rewrite(source: string, fileOf: (name: string, from: string) => Promise<string>): Promise<string> {
  const found = [...source.matchAll(importPattern)];
  const replacements = await Promise.all(
    found.map(async ([, onlyTypes, list = '', from = '']) => {
      const names = onlyTypes === undefined ? specifiers(list) : [];
      const lines = names.map(async (name) => {
        const [exported = ''] = name.split(' as ');
        return `import { ${name} } from ${JSON.stringify(await fileOf(exported, from))};`;
      });
      return (await Promise.all(lines)).join(' ');
    }),
  );
  let at = 0;
  return source.replace(importPattern, () => replacements[at++] ?? '');
}

/** The values of an import or export list; types leave no trace in JavaScript. */
function specifiers(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
}

/** The source that an entry of a package is built from, as its `exports` say. */
async function indexOf(root: string, from: string): Promise<string> {
  const [, name = '', ...entry] = from.split('/');
  const folder = join(root, 'packages', name);
  const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return join(folder, exports[['.', ...entry].join('/')]['@signet/source']);
}

/** Which file exports a name to the outside. */
async function readIndex(index: string): Promise<ReadonlyMap<string, string>> {
  const folder = dirname(index);
  const source = await readFile(index, 'utf8');
  const files = new Map<string, string>();
  for (const [, list = '', file = ''] of source.matchAll(/^export \{([^}]*)\} from '(\.\.?\/[^']+)';/gm)) {
    for (const name of specifiers(list)) files.set(name, join(folder, file));
  }
  return files;
}
