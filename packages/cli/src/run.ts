import { escapeForTerminal } from '@signet/verifier';
import { Command, CommanderError } from 'commander';
import type { Context } from './command.ts';
import { type CommandEntry, commands } from './commands.ts';
import { CliError, exitCodeForError, renderError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

/** Global options that take a value: they may stand before the command. */
const valueOptions: ReadonlySet<string> = new Set([
  '--output',
  '-o',
  '--registry-config',
  '--ca-file',
  '--cert-file',
  '--key-file',
  '--timeout',
  '--concurrency',
]);

/** The program: arguments in, exit code out: one of {@link EXIT}, or that of the program that did the work. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const context = createContext(io);
  try {
    const { name, args } = chooseCommand(argv);
    const program = await buildProgram(context, name === undefined ? [] : [name]);
    await program.parseAsync(args, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (io.signal.aborted) {
      io.stderr.write(renderError(new CliError('INTERRUPTED', 'interrupted')));
      return EXIT.interrupted;
    }
    io.stderr.write(renderError(error, { verbose: context.verbose }));
    return error instanceof CliError && error.exitCode !== undefined ? error.exitCode : exitCodeForError(error);
  }
}

/** A context of its own for each call of the program. */
export function createContext(io: Io): Context {
  const context: Context = {
    io,
    exitCode: EXIT.ok,
    verbose: false,
    run,
    wholeProgram: () =>
      buildProgram(
        context,
        commands.map(({ name }) => name),
      ),
  };
  return context;
}

/** The command tree with the `chosen` commands alone; where none of them is there, all, a name and a line each: for the overview and suggestions. */
export async function buildProgram(context: Context, chosen: readonly string[]): Promise<Command> {
  const program = new Command('signet')
    .description('Content trust for container images: sign after push, verify before deploy, on any OCI registry.')
    .usage('<command> [options]')
    .helpCommand('help [command]', 'show the help of a command')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', '\nsignet COMMAND --help explains a command.');
  quieten(program, context.io);
  const isChosen = ({ name }: CommandEntry): boolean => chosen.includes(name);
  for (const entry of commands.some(isChosen) ? commands.filter(isChosen) : commands) {
    const command = program.command(entry.name).summary(entry.summary).description(capitalise(entry.summary));
    command.helpOption('-h, --help', 'show this help').helpCommand(false);
    if (!isChosen(entry)) continue;
    (await entry.load()).define(command, context);
    for (const each of withBelow(command)) quieten(each, context.io);
  }
  return program;
}

/** A command and all below it. */
function withBelow(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withBelow)];
}

/** The command whose tables are wanted, and what is parsed then. */
interface Choice {
  readonly name: string | undefined;
  readonly args: readonly string[];
}

/** `signet --plain-http verify X` is `signet verify --plain-http X`. */
function chooseCommand(argv: readonly string[]): Choice {
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? '';
    if (arg === '--') return { name: argv[at + 1], args: [...argv.slice(at + 1), ...argv.slice(0, at)] };
    if (arg.startsWith('-') && arg !== '-') {
      if (valueOptions.has(arg)) at++;
      continue;
    }
    if (arg === 'help') return helpOf(argv.slice(at + 1));
    return { name: arg, args: [arg, ...argv.slice(0, at), ...argv.slice(at + 1)] };
  }
  return argv.includes('--version') || argv.includes('-V')
    ? { name: 'version', args: ['version'] }
    : { name: undefined, args: argv };
}

/** `signet help key generate` is `signet key generate --help`; a name that is no command is an error that suggests one. */
function helpOf(path: readonly string[]): Choice {
  const [name] = path;
  if (name === undefined || name === 'help' || name.startsWith('-')) return { name: undefined, args: ['help'] };
  return { name, args: commands.some((entry) => entry.name === name) ? [...path, '--help'] : [name] };
}

/** Output goes where `Io` says, errors have the program's own form, and nothing ends the process. */
function quieten(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: (text, write) => write(usageError(text)),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
}

/** commander's `error: …` and `(Did you mean …?)` in the program's form. */
function usageError(text: string): string {
  const [first = '', second = ''] = text.trim().split('\n');
  const meant = /^\((Did you mean .*\?)\)$/.exec(second)?.[1];
  const hint = meant === undefined ? 'signet --help, or signet COMMAND --help' : meant;
  return `error[USAGE]: ${escapeForTerminal(first.replace(/^error: /, ''))}\nhint: ${escapeForTerminal(hint)}\n`;
}

function capitalise(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
