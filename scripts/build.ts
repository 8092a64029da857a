import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PackageName, packageArrows, packageNames, root, sourceStamp, stampFile, tools } from './project.ts';
import { nodeStep, runStep } from './step.ts';

/** Builds every package's dist: JavaScript and types by tsc, the CLI's program by esbuild. Gives false where a part failed. */
export async function build(): Promise<boolean> {
  const stamp = sourceStamp();
  await rm(stampFile, { force: true });
  const [typed, bundled] = await Promise.all([buildTyped(), bundle()]);
  if (!typed || !bundled) return false;
  // Each package is published alone: the licence goes with it.
  for (const name of packageNames) await copyFile(join(root, 'LICENSE'), join(root, 'packages', name, 'dist/LICENSE'));
  await mkdir(dirname(stampFile), { recursive: true });
  await writeFile(stampFile, stamp);
  return true;
}

/** Each package starts when those it uses are done: their types are read from their dist. */
async function buildTyped(): Promise<boolean> {
  const typed = packageNames.filter((name) => name !== 'cli');
  const building = new Map<PackageName, Promise<boolean>>();
  for (const name of typed) {
    const before = packageArrows[name].map((used) => building.get(used) ?? Promise.resolve(false));
    building.set(
      name,
      Promise.all(before).then((done) => done.every(Boolean) && compile(name)),
    );
  }
  return (await Promise.all(building.values())).every(Boolean);
}

async function compile(name: PackageName): Promise<boolean> {
  await rm(join(root, 'packages', name, 'dist'), { recursive: true, force: true });
  const code = await runStep(nodeStep(tools.tsc, ['-p', `packages/${name}/tsconfig.json`], { output: 'quiet' }));
  if (code !== 0) console.error(`build: packages/${name} does not compile`);
  return code === 0;
}

/** esbuild reads the sources themselves, so this needs no other part. Loaded here: a missing tool must not hide what tsc says. */
async function bundle(): Promise<boolean> {
  try {
    const { buildCli } = await import('./build-cli.ts');
    await buildCli();
    return true;
  } catch (error) {
    console.error(`build: packages/cli does not bundle: ${firstLineOf(error)}`); // esbuild has said the rest
    return false;
  }
}

function firstLineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const done = await build();
  process.exitCode = done ? 0 : 1;
}
