import type { Argument, Command, Option } from 'commander';
import { notesFor } from '../notes.ts';

/** docs/cli.md: every command with its arguments, options and exit codes, as the help has them. */
export function renderReferencePage(program: Command): string {
  return `# The commands of signet

This page is made from the program itself (\`npm run docs\`); a test keeps both equal.

${overview(program)}

## Exit codes

${exitCodes}

## Errors

An error is one line on standard error, \`error[CODE]: what happened\`, and mostly a second one, \`hint: what to do\`. The codes are
explained in [errors.md](errors.md). \`--verbose\` adds the causes. Results go to standard output; progress and remarks go to standard
error, and only where a person watches (a terminal) or \`--verbose\` asks.

${program.commands.filter(isShown).map(section).join('\n')}`;
}

const exitCodes = `| code | means |
|---|---|
| 0 | verified, or done |
| 1 | denied: the evidence was read and does not satisfy what was asked (also: refused, because a tag names another image) |
| 2 | usage or configuration: a bad flag, reference, file, key or password |
| 3 | undecided: the registry or the evidence could not be read |
| 130 | interrupted (Ctrl-C) |

Of several references: 1 if any was denied, else 2 if any could not be used, else 3 if any is undecided, else 0.`;

function overview(program: Command): string {
  const rows = program.commands
    .filter(isShown)
    .map((command) => `| [\`${command.name()}\`](#signet-${command.name()}) | ${command.summary()} |`);
  return ['| command | does |', '|---|---|', ...rows].join('\n');
}

function isShown(command: Command): boolean {
  return command.name() !== 'help';
}

function section(command: Command): string {
  const path = pathOf(command);
  const heading = `${'#'.repeat(path.split(' ').length)} ${path}`;
  const parts = [
    heading,
    command.description(),
    ...usage(command),
    ...argumentsOf(command),
    ...optionsOf(command),
    ...notesOf(command),
  ];
  return [parts.join('\n\n'), '', ...command.commands.filter(isShown).map(section)].join('\n');
}

function usage(command: Command): readonly string[] {
  return command.commands.length > 0 ? [] : [`\`\`\`\n${pathOf(command)} ${command.usage()}\n\`\`\``];
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function argumentsOf(command: Command): readonly string[] {
  const lines = command.registeredArguments.map(
    (argument: Argument) => `- \`${argument.name()}\`: ${argument.description}`,
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function optionsOf(command: Command): readonly string[] {
  if (command.commands.length > 0) return [];
  const rows = command.createHelp().visibleOptions(command).map(optionRow);
  return [['| option | |', '|---|---|', ...rows].join('\n')];
}

function optionRow(option: Option): string {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
  const fallback = typeof option.defaultValue === 'string' ? `; default: ${option.defaultValue}` : '';
  return `| \`${option.flags}\` | ${`${option.description}${choices}${fallback}`.replaceAll('|', '\\|')} |`;
}

/** The text that the help shows below the options: examples, remarks. */
function notesOf(command: Command): readonly string[] {
  const note = notesFor(command);
  return note === undefined ? [] : [`\`\`\`\n${note.trim()}\n\`\`\``];
}
