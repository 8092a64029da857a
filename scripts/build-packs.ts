import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Metafile, type OutputFile, transform } from 'esbuild';

/** A file of the built program. */
export interface BuiltFile {
  /** Relative to dist. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** The parts that esbuild split the program into, by name, as functions in the manner of CommonJS. */
interface Part {
  readonly name: string;
  /** Parts that are loaded with it. */
  readonly needs: readonly string[];
  readonly code: string;
}

/**
 * Puts esbuild's parts into files that Node loads quickly: ES modules cost it a path lookup, a link and a facade for each builtin. `main.js`
 * holds what every command needs, each command of `packed` a file with all that it needs beside it, and one for each group of sources named
 * there, which are loaded in the course of it; every part has a file of its
 * own, for commands that are not packed. A part is evaluated once a process, whichever file it came in.
 */
export async function packParts(
  built: { readonly metafile: Metafile; readonly files: readonly OutputFile[] },
  packed: PackedCommands,
): Promise<readonly BuiltFile[]> {
  const parts = new Map<string, Part>();
  for (const [file, output] of Object.entries(built.metafile.outputs)) {
    const name = basename(file, '.js');
    const text = built.files.find(({ path }) => basename(path, '.js') === name)?.text ?? '';
    const needs = output.imports.filter(({ kind, external }) => kind === 'import-statement' && external !== true);
    parts.set(name, { name, needs: needs.map(({ path }) => basename(path, '.js')), code: await toCommonJs(text) });
  }
  for (const name of parts.keys()) closure(name, parts);
  const needed = (...sources: readonly string[]): readonly string[] => [
    ...new Set(sources.flatMap((source) => closure(entryOf(built.metafile, source), parts))),
  ];
  const packs = [
    { path: 'main.js', content: renderPack(needed(mainSource), parts, new Map()) },
    ...Object.entries(packed).flatMap(([name, groups]) => {
      const first = needed(mainSource, `packages/cli/src/commands/${name}.ts`);
      const files = Object.entries(groups).map(
        ([group, sources]) => [`${name}-${group}.js`, needed(...sources)] as const,
      );
      // A part that several groups need is in the file of the first.
      const fileOf = new Map(files.toReversed().flatMap(([file, names]) => names.map((part) => [part, file] as const)));
      for (const part of first) fileOf.delete(part);
      const inFile = (file: string): readonly string[] =>
        [...fileOf.keys()].filter((part) => fileOf.get(part) === file);
      return [
        { path: `${name}.js`, content: asFunction(renderPack(first, parts, fileOf)) },
        ...files.map(([path]) => ({ path, content: asFunction(`return ${renderTable(inFile(path), parts)};`) })),
      ];
    }),
  ];
  const singles = [...parts.values()].filter(({ name }) => name !== 'main');
  return [
    ...packs,
    ...singles.map((part) => ({ path: `parts/${part.name}.js`, content: `module.exports=${render(part)};` })),
  ];
}

/** Commands that have files of their own, and for each the groups of sources that are loaded together in the course of it. */
export type PackedCommands = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const mainSource = 'packages/cli/src/main.ts';

/** The part that begins with a source. @throws {TypeError} where there is none */
function entryOf({ outputs }: Metafile, source: string): string {
  // A package that is linked from another folder has a longer path.
  const found = Object.entries(outputs).find(([, { entryPoint = '' }]) => `/${entryPoint}`.endsWith(`/${source}`));
  if (found === undefined) throw new TypeError(`${source} has no part of its own`);
  return basename(found[0], '.js');
}

/** A part and all that is loaded with it, each behind what it needs. @throws {TypeError} for parts in a circle, which cannot be so */
function closure(name: string, parts: ReadonlyMap<string, Part>, above: readonly string[] = []): readonly string[] {
  if (above.includes(name)) throw new TypeError(`parts in a circle: ${[...above, name].join(' -> ')}`);
  const needs = parts.get(name)?.needs ?? [];
  return [...new Set([...needs.flatMap((need) => closure(need, parts, [...above, name])), name])];
}

/**
 * esbuild's own CommonJS asks a getter at each use of what another part exports, and makes one for each export. Here a part takes what it
 * needs when it begins: everything is there by then, since parts are evaluated behind what they need, and stays as it is.
 */
async function toCommonJs(text: string): Promise<string> {
  const { code } = await transform(withoutModules(text), {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minifyWhitespace: true,
    minifySyntax: true,
    minifyIdentifiers: true,
    supported: { 'dynamic-import': false },
    legalComments: 'none',
    logOverride: { 'commonjs-variable-in-esm': 'silent' },
  });
  return code.trim();
}

const partPath = String.raw`"\.{1,2}/(?:chunks/)?([^"/]+)\.js"`;
const partImports = new RegExp(String.raw`^(?:import(?:\{[^{}]*\}from)?${partPath};)*`);
const partImport = new RegExp(String.raw`import(?:\{([^{}]*)\}from)?${partPath};`, 'g');
const partImportLater = new RegExp(String.raw`\bimport\(${partPath}\)`, 'g');
const partExports = /export\{([^{}]*)\};\s*$/;

/** An ES module as esbuild writes it, the imports of other parts first and one list of exports last. @throws {TypeError} where it is another */
function withoutModules(text: string): string {
  const [imports] = partImports.exec(text) ?? [''];
  const exported = partExports.exec(text);
  const body = text.slice(imports.length, exported?.index);
  if (/\b__esm\(|\bexport\b[{*]|\bfrom"\.|\bimport"\./.test(body))
    throw new TypeError('a part has a form that is not known');
  const taken = imports.replace(partImport, (_, names: string | undefined, name) => {
    const part = `$part(${JSON.stringify(name)});`;
    return names === undefined ? part : `var{${names.replaceAll(' as ', ':')}}=${part}`;
  });
  const given = exported?.[1]?.replaceAll(/([^,]+) as ([^,]+)/g, '$2:$1');
  return `${taken}${body.replace(partImportLater, 'Promise.resolve().then(()=>$$part("$1"))')}$module.exports={${given ?? ''}};`;
}

/** With names that no source has for something of its own. */
function render({ code }: Part): string {
  return `function($module,$part,require){${code}\n}`;
}

/** `fileOf`: parts that lie in another file, which is loaded when the first of them is asked for. */
function renderPack(
  names: readonly string[],
  parts: ReadonlyMap<string, Part>,
  fileOf: ReadonlyMap<string, string>,
): string {
  const elsewhere = `const elsewhere=${JSON.stringify(Object.fromEntries(fileOf))};`;
  return `"use strict";const table=${renderTable(names, parts)};${elsewhere}${loader}part("main");`;
}

function renderTable(names: readonly string[], parts: ReadonlyMap<string, Part>): string {
  const table = names.map((name) => {
    const part = parts.get(name);
    if (part === undefined) throw new TypeError(`there is no part ${name}`);
    return `${JSON.stringify(name)}:${render(part)}`;
  });
  return `{${table.join(',\n')}}`;
}

/** As packages/cli/src/start/code-cache.ts wants it. @throws {TypeError} where the program is not ASCII: it is read byte for character */
function asFunction(text: string): string {
  if (Buffer.byteLength(text) !== text.length) throw new TypeError('the program is not ASCII');
  const build = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `//${build}\n(function(require,load){${text}\n})`;
}

/** A part is evaluated when it is first asked for. `require` reaches Node's own modules alone: the program brings all others. */
const loader =
  'const loaded=new Map();function part(name){let module=loaded.get(name);if(module===undefined){' +
  'if(!(name in table)&&name in elsewhere)Object.assign(table,load(elsewhere[name]));module={exports:{}};' +
  'loaded.set(name,module);(table[name]??require("./parts/"+name+".js"))(module,part,require);}return module.exports;}';
