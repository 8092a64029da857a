import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type RunOptions,
  type RunResult,
  run,
  type StartedProcess,
  type StartOptions,
  startProcess,
} from './process.ts';

const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** The program as users start it. */
export const signetProgram: string = join(root, 'packages/cli/bin/signet.js');

/** Variables of the machine that would change what the program does; a test sets its own. */
const foreign = [
  'DOCKER_CONFIG',
  'REGISTRY_AUTH_FILE',
  'SIGNET_PASSWORD',
  'COSIGN_PASSWORD',
  'NO_COLOR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
];

/** Runs the built program to its end. It is built by `npm run build` (or scripts/build-cli.ts), here only where it is missing. */
export async function signet(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  await built();
  return run(process.execPath, [signetProgram, ...args], { ...options, env: environment(options.env) });
}

/** Starts the built program as a server and waits for its ready line. */
export async function startSignet(args: readonly string[], options: StartOptions): Promise<StartedProcess> {
  await built();
  return startProcess(process.execPath, [signetProgram, ...args], { ...options, env: environment(options.env) });
}

/** The built program is there. */
export async function built(): Promise<void> {
  if (existsSync(join(root, 'packages/cli/dist/main.js'))) return;
  const { buildCli } = await import('../../scripts/build-cli.ts');
  await buildCli();
}

function environment(own: RunOptions['env']): NonNullable<RunOptions['env']> {
  return { ...Object.fromEntries(foreign.map((name) => [name, undefined])), ...own };
}
