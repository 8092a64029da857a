import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderReferencePage } from '../packages/cli/src/docs/reference-page.ts';
import { createContext } from '../packages/cli/src/run.ts';

/** Where the page lies. */
export const cliPage: string = join(fileURLToPath(new URL('..', import.meta.url)), 'docs/cli.md');

/** docs/cli.md as the command tree says it now. */
export async function renderCliPage(): Promise<string> {
  const silent = { isTTY: false, write: () => undefined };
  const never = new AbortController().signal;
  const io = {
    stdout: silent,
    stderr: silent,
    stdin: process.stdin,
    env: {},
    secrets: {},
    signal: never,
    untilStopped: () => never,
  };
  return renderReferencePage(await createContext(io).wholeProgram());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(cliPage, await renderCliPage());
