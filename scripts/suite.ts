import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, tools } from './project.ts';
import { nodeStep, runStep, type Step } from './step.ts';
import { type Counts, closingLine, countVitest } from './vitest-result.ts';

/** Lint and types: each counts as one test. */
const staticChecks: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: 'lint',
    steps: [
      nodeStep(tools.biome, ['check', '--error-on-warnings', '.'], { output: 'quiet' }),
      nodeStep('scripts/lint-imports.ts', [], { output: 'quiet' }),
    ],
  },
  { name: 'types', steps: [nodeStep(tools.tsc, ['-p', 'tsconfig.json'], { output: 'quiet' })] },
];

/** What a suite run is made of beside lint and types. */
export interface Suite {
  readonly vitestArgs: readonly string[];
  readonly env?: Step['env'];
  /** Names of preparations (build, peers) that failed: each is a failure of the run. */
  readonly failedBefore?: readonly string[];
}

/** Runs lint, types and vitest, streaming what they say, and prints the closing line last. Gives the exit code. */
export async function runSuite(suite: Suite): Promise<number> {
  const steps = await Promise.all(
    staticChecks.map(async ({ name, steps: parts }) => {
      const codes = await Promise.all(parts.map(runStep));
      return { name, ok: codes.every((code) => code === 0) };
    }),
  );
  const before = (suite.failedBefore ?? []).map((name) => ({ name, ok: false }));
  const tests = await runVitest(suite);
  for (const { name, ok } of [...before, ...steps]) console.log(`${ok ? 'passed' : 'FAILED'}: ${name}`);
  const all = [...before, ...steps];
  const total: Counts = {
    passed: tests.passed + all.filter((step) => step.ok).length,
    failed: tests.failed + all.filter((step) => !step.ok).length,
    skipped: tests.skipped,
  };
  console.log(closingLine(total));
  return total.failed === 0 ? 0 : 1;
}

async function runVitest(suite: Suite): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'signet-suite-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const args = ['run', '--root', root, ...reporters, ...suite.vitestArgs];
    const code = await runStep(nodeStep(tools.vitest, args, suite.env === undefined ? {} : { env: suite.env }));
    return countVitest(report, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
