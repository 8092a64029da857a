import { escapeForTerminal } from '@signet/verifier';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io, Output } from '../io.ts';
import { createStyle, type Style } from '../style.ts';

/** What a step of the demo must come to. */
export interface Expectation {
  readonly exit: ExitCode;
  /** Texts that the command must have printed, such as the reason of a denial. */
  readonly says?: readonly string[];
}

/** Runs commands as a person would, shows them, and holds them to what they must come to. */
export interface Stage {
  readonly style: Style;
  /** A heading. */
  readonly title: (text: string) => void;
  /** A line of explanation. */
  readonly tell: (text: string) => void;
  /** Shows `$ signet …`, runs it and shows what it printed. @throws {CliError} DEMO_FAILED when it came out otherwise */
  readonly signet: (args: readonly string[], expected: Expectation) => Promise<void>;
}

/** `run` is the program itself; `shorten` makes the shown commands and results readable (folders, hosts). */
export interface StageOptions {
  readonly io: Io;
  readonly color: boolean;
  readonly run: (argv: readonly string[], io: Io) => Promise<number>;
}

/** A stage on standard output. */
export function createStage({ io, color, run }: StageOptions): Stage {
  const style = createStyle(color);
  let step = 0;
  return {
    style,
    title: (text) => io.stdout.write(`\n${style.strong(`${++step}. ${text}`)}\n`),
    tell: (text) => io.stdout.write(`   ${text}\n`),
    async signet(args, expected) {
      io.signal.throwIfAborted();
      io.stdout.write(`   ${style.faint('$')} signet ${args.map(quote).join(' ')}\n`);
      const heard = listen(io, color);
      const exit = await run(args, heard.io);
      io.stdout.write(indent(heard.text()));
      io.signal.throwIfAborted();
      check(args, { exit, text: heard.text() }, expected);
      if (exit !== 0) io.stdout.write(`   ${style.faint(`exit ${exit}, as it should be`)}\n`);
    },
  };
}

function check(
  args: readonly string[],
  came: { readonly exit: number; readonly text: string },
  expected: Expectation,
): void {
  const missing = (expected.says ?? []).filter((text) => !came.text.includes(text));
  if (came.exit === expected.exit && missing.length === 0) return;
  const wanted = came.exit === expected.exit ? `${missing.join(', ')} in what it prints` : `exit ${expected.exit}`;
  throw new CliError('DEMO_FAILED', `signet ${args[0] ?? ''} ended with ${came.exit}; the demo expects ${wanted}`);
}

/** The same world, but with both outputs kept. */
function listen(io: Io, color: boolean): { readonly io: Io; readonly text: () => string } {
  let kept = '';
  const keep: Output = {
    isTTY: color, // colours yes; no progress, because it is quiet
    write(text) {
      kept += text;
    },
  };
  const stderr = { ...keep, isTTY: false };
  return { io: { ...io, stdin: io.stdin, stdout: keep, stderr, endsProcess: false }, text: () => kept };
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '     ');
}

function quote(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${escapeForTerminal(arg).replaceAll("'", `'\\''`)}'`;
}
