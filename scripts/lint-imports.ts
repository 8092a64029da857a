import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PackageName, packageArrows, packageEntries, packageNames, root } from './project.ts';

/** The sources to judge: their text by path from the root of the project, and what each package declares to depend on. */
export interface SourceTree {
  readonly files: ReadonlyMap<string, string>;
  readonly declared: Readonly<Record<PackageName, readonly string[]>>;
}

/** One import that breaks a rule. */
export interface ImportProblem {
  readonly file: string;
  readonly rule: 'arrow' | 'deep-import' | 'leaves-package' | 'undeclared' | 'no-node-prefix' | 'unresolved' | 'cycle';
  readonly detail: string;
}

/** All imports that break the borders between packages. Rule: docs/architecture.md and CONTRIBUTING.md "Layout". */
export function lintImports(tree: SourceTree): readonly ImportProblem[] {
  const problems: ImportProblem[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const [file, text] of tree.files) {
    const owner = ownerOf(file);
    if (owner === undefined) continue;
    const near: string[] = [];
    for (const specifier of importsOf(text)) {
      const problem = specifier.startsWith('.')
        ? judgeRelative(tree, { file, owner, specifier }, near)
        : judgeBare(tree, { file, owner, specifier });
      if (problem !== undefined) problems.push({ file, ...problem });
    }
    graph.set(file, near);
  }
  return [...problems, ...cyclesOf(graph)];
}

/** Everything that a source imports, statically, as types, or on demand with a literal name; comments are not looked at. */
export function importsOf(text: string): readonly string[] {
  const code = text.replace(stringsAndComments, (part) => (part.startsWith('/') ? ' ' : part));
  return [...code.matchAll(importForms)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

/** Reads the packages as they are in the checkout. */
export function readSourceTree(): SourceTree {
  const paths = globSync('packages/*/src/**/*.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
  const files = new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  const declaredBy = (name: PackageName): readonly string[] => dependenciesOf(`packages/${name}/package.json`);
  const declared = {
    oci: declaredBy('oci'),
    core: declaredBy('core'),
    verifier: declaredBy('verifier'),
    registry: declaredBy('registry'),
    'policy-import': declaredBy('policy-import'),
    workloads: declaredBy('workloads'),
    dct: declaredBy('dct'),
    'signed-tags': declaredBy('signed-tags'),
    admission: declaredBy('admission'),
    // The program is one bundle with everything inside: what it is made of are development dependencies.
    cli: [...declaredBy('cli'), ...dependenciesOf('package.json'), ...packageNames.map((name) => `@signet/${name}`)],
  };
  return { files, declared };
}

const stringsAndComments = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const importForms =
  /\b(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|(?<!['"])\bimport\s*['"]([^'"]+)['"]|\b(?:import|require)\s*\(\s*['"]([^'"]+)['"]/g;

interface Import {
  readonly file: string;
  readonly owner: PackageName;
  readonly specifier: string;
}

type Judged = Omit<ImportProblem, 'file'> | undefined;

function judgeRelative(tree: SourceTree, { file, owner, specifier }: Import, near: string[]): Judged {
  const target = posix.join(posix.dirname(file), specifier);
  if (!target.startsWith(`packages/${owner}/`)) return { rule: 'leaves-package', detail: specifier };
  if (target.endsWith('.json')) return undefined;
  if (!tree.files.has(target)) return { rule: 'unresolved', detail: specifier };
  near.push(target);
  return undefined;
}

function judgeBare(tree: SourceTree, { owner, specifier }: Import): Judged {
  if (specifier.startsWith('node:')) return undefined;
  if (isBuiltin(specifier)) return { rule: 'no-node-prefix', detail: specifier };
  const [scope = '', second = ''] = specifier.split('/');
  const name = scope.startsWith('@') ? `${scope}/${second}` : scope;
  const used = packageNames.find((each) => name === `@signet/${each}`);
  if (used !== undefined && !packageArrows[owner].includes(used))
    return { rule: 'arrow', detail: `${owner} -> ${used}` };
  const isEntry = used !== undefined && packageEntries[used].includes(specifier.slice(name.length + 1));
  if (name.startsWith('@signet/') && specifier !== name && !isEntry) return { rule: 'deep-import', detail: specifier };
  if (!tree.declared[owner].includes(name)) return { rule: 'undeclared', detail: specifier };
  return undefined;
}

/** Each cycle once, at the import that closes it. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): readonly ImportProblem[] {
  const problems: ImportProblem[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const back = path.indexOf(file);
    if (back >= 0) problems.push({ file, rule: 'cycle', detail: [...path.slice(back), file].join(' -> ') });
    if (back >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return problems;
}

function ownerOf(file: string): PackageName | undefined {
  return packageNames.find((name) => file.startsWith(`packages/${name}/src/`));
}

function dependenciesOf(manifest: string): readonly string[] {
  const parsed: unknown = JSON.parse(readFileSync(join(root, manifest), 'utf8'));
  if (typeof parsed !== 'object' || parsed === null) return [];
  return Object.entries(parsed)
    .filter(([field]) => /^(?:dev|optional|peer)?dependencies$/i.test(field))
    .flatMap(([, names]) => (typeof names === 'object' && names !== null ? Object.keys(names) : []));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = lintImports(readSourceTree());
  for (const { file, rule, detail } of problems) console.error(`${file}: ${rule}: ${detail}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
