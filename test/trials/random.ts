import { root, tools } from '../../scripts/project.ts';
import { readTestFiles } from '../../scripts/quick-tests.ts';
import { nodeStep, runStep } from '../../scripts/step.ts';
import { allRuns } from '../support/random-runs.ts';

/** One line for the list of trials. */
export const about: string =
  'properties on all their random cases, of which npm test tries a quarter [test files: default all that have such properties]';

/** `npm run trial -- random [FILE…]`; fast-check prints the seed of what it finds. */
export async function trial(files: readonly string[]): Promise<boolean> {
  const chosen =
    files.length > 0
      ? files
      : [...readTestFiles()].filter(([, text]) => text.includes('randomRuns(')).map(([path]) => path);
  const env = { [allRuns]: 'yes' };
  return (await runStep(nodeStep(tools.vitest, ['run', '--root', root, ...chosen], { env }))) === 0;
}
