import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../../scripts/project.ts';
import { allRuns } from '../support/random-runs.ts';
import { equivalentMutants } from './mutation/equivalent.ts';
import { type Mutant, mutantsOf } from './mutation/mutants.ts';

/** One line for the list of trials. */
export const about: string =
  'mutation testing of the decision: every change of its sources must fail a test [part of a file name, or all]';

const sources = 'packages/verifier/src';
/** What decides, file by file. */
const files: readonly string[] = [
  'decision/answers.ts',
  'decision/decide.ts',
  'decision/nearest-miss.ts',
  'decision/refusal.ts',
  'decision/checks/age.ts',
  'decision/checks/annotations.ts',
  'decision/checks/by-rule.ts',
  'decision/checks/condition.ts',
  'decision/checks/tag.ts',
  'policy/choose-rule.ts',
  'policy/rename.ts',
  'policy/requirement.ts',
  'policy/ruling.ts',
  'policy/source.ts',
];
const tests: readonly string[] = [
  'test/verifier/decision',
  'test/verifier/policy/choose-rule',
  'test/verifier/policy/re',
  'test/verifier/policy/rul',
  'test/verifier/verify-by-policy',
];

/** `npm run trial -- mutation [PART OF A FILE NAME]` */
export async function trial([part = '']: readonly string[]): Promise<boolean> {
  const mutants: (Mutant & { readonly file: string })[] = [];
  for (const file of files.filter((each) => each.includes(part))) {
    const text = await readFile(join(root, sources, file), 'utf8');
    mutants.push(...mutantsOf(text).map((mutant) => ({ ...mutant, file })));
  }
  const queue = mutants.values();
  const survivors: string[] = [];
  const workers = Array.from({ length: availableParallelism() }, async () => {
    const copy = await copyOfProject();
    try {
      if (await survives(copy)) for (const mutant of queue) survivors.push(...(await tryOne(copy, mutant)));
      else throw new Error('the tests fail without any change');
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
  await Promise.all(workers);
  const known = survivors.filter((name) => equivalentMutants.has(name));
  const unknown = survivors.filter((name) => !equivalentMutants.has(name));
  const killed = mutants.length - survivors.length;
  console.log(`${mutants.length} mutants: ${killed} killed, ${known.length} equivalent, ${unknown.length} survived`);
  return unknown.length === 0;
}

/** The mutant's name where no test failed. */
async function tryOne(
  copy: string,
  { file, line, from, to, text }: Mutant & { readonly file: string },
): Promise<readonly string[]> {
  const path = join(copy, sources, file);
  const before = await readFile(path);
  await writeFile(path, text);
  const survived = await survives(copy);
  await writeFile(path, before);
  if (!survived) return [];
  const around = before.toString('utf8').split('\n')[line - 1]?.trim() ?? '';
  const name = `${file}: ${around}: ${oneLine(from)} -> ${oneLine(to)}`;
  if (!equivalentMutants.has(name)) console.log(`SURVIVED ${name} (line ${line})`);
  return [name];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** Mutants that loop for ever are killed by the clock. */
const limitMs = 120_000;

async function survives(cwd: string): Promise<boolean> {
  const vitest = join(cwd, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--no-isolate', '--bail', '1', '--maxWorkers', '1', '--reporter', 'dot', ...tests];
  const env = { ...process.env, [allRuns]: 'yes' };
  const child = spawn(process.execPath, args, { cwd, env, stdio: 'ignore', timeout: limitMs, killSignal: 'SIGKILL' });
  return await new Promise((resolve) => child.on('close', (code) => resolve(code === 0)));
}

/** By name, wherever they lie. */
const notCopied: readonly string[] = ['node_modules', '.git', 'dist'];

/** The sources and tests of their own, the dependencies as links: packages of the project must be the copy's. */
async function copyOfProject(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'signet-mutation-'));
  await cp(root, copy, { recursive: true, filter: (path) => !notCopied.includes(basename(path)) });
  const modules = join(copy, 'node_modules');
  await mkdir(join(modules, '@signet'), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules')))
    if (name !== '@signet') await symlink(join(root, 'node_modules', name), join(modules, name));
  for (const name of await readdir(join(root, 'packages')))
    await symlink(join(copy, 'packages', name), join(modules, '@signet', name));
  return copy;
}
