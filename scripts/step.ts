import { spawn } from 'node:child_process';
import { root } from './project.ts';

/** A program to run in the checkout; `env` is added to ours (`undefined` takes a variable away). */
export interface Step {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default `show`: straight to our own output. `quiet` keeps it back and shows it only when the step fails. */
  readonly output?: 'show' | 'quiet';
}

/** Runs a step to its end and gives its exit code (-1: ended by a signal, or not to be started). */
export function runStep(step: Step): Promise<number> {
  const quiet = step.output === 'quiet';
  return new Promise((resolve) => {
    const child = spawn(step.command, step.args, {
      cwd: root,
      env: { ...process.env, ...step.env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    const said: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => said.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
    child.on('error', (error) => {
      console.error(`${step.command}: ${error.message}`);
      resolve(-1);
    });
    child.on('close', (code) => {
      if (code !== 0) process.stderr.write(Buffer.concat(said));
      resolve(code ?? -1);
    });
  });
}

/** A step that runs a script of node_modules or of ours by this same Node. */
export function nodeStep(script: string, args: readonly string[], more: Partial<Step> = {}): Step {
  return { ...more, command: process.execPath, args: [script, ...args] };
}
