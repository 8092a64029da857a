import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './project.ts';

/**
 * `npm run trial -- NAME [arguments]`: the full figures that are too long for `npm test`. A trial is test/trials/NAME.ts with two exports:
 * `about` (one line of text) and `trial(args)`, which gives true when all came out as it should. Without a NAME they are listed.
 */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  const names = trialNames();
  if (name === undefined) {
    for (const each of names) console.log(`${each.padEnd(24)} ${(await load(each)).about}`);
    if (names.length === 0) console.log('no trials yet: add test/trials/NAME.ts');
    return 0;
  }
  if (!names.includes(name)) {
    console.error(`no trial ${name}; there are: ${names.join(', ')}`);
    return 2;
  }
  const started = performance.now();
  const ok = await (await load(name)).trial(rest);
  console.log(`trial ${name}: ${ok ? 'passed' : 'FAILED'} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return ok ? 0 : 1;
}

/** What a file of test/trials exports. */
interface Trial {
  readonly about: string;
  readonly trial: (args: readonly string[]) => Promise<unknown>;
}

function trialNames(): readonly string[] {
  return globSync('test/trials/*.ts', { cwd: root })
    .map((file) => basename(file, '.ts'))
    .sort();
}

async function load(name: string): Promise<Trial> {
  const module: unknown = await import(pathToFileURL(join(root, 'test/trials', `${name}.ts`)).href);
  if (isTrial(module)) return module;
  throw new TypeError(`test/trials/${name}.ts must export about (text) and trial (function)`);
}

function isTrial(module: unknown): module is Trial {
  if (typeof module !== 'object' || module === null || !('about' in module) || !('trial' in module)) return false;
  return typeof module.about === 'string' && typeof module.trial === 'function';
}

process.exitCode = await main(process.argv.slice(2));
