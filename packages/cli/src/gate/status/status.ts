import type { GateFinding } from '@signet/admission';
import { escapeForTerminal } from '@signet/verifier';
import { CliError } from '../../errors.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { isThere } from '../../files.ts';
import type { Io } from '../../io.ts';
import { type OutputFlags, outputOptions, writeJson } from '../../options/output.ts';
import { createStyle, type Style } from '../../style.ts';
import { examineContainerd } from './examine-containerd.ts';
import { examineDocker } from './examine-docker.ts';
import { findRunning } from './running.ts';

export type Engine = GateFinding['engine'];

/** The flags of `signet gate status`. */
export interface StatusFlags extends OutputFlags {
  readonly config?: string;
}

/** Says of each engine what its gate does not see. @throws {CliError} USAGE where there is no engine */
export async function gateStatus(named: string | undefined, flags: StatusFlags, io: Io): Promise<ExitCode> {
  const engines = named === undefined ? await enginesHere() : [named as Engine];
  if (engines.length === 0)
    throw new CliError('USAGE', 'no container engine was found on this machine', {
      hint: 'signet gate status containerd looks all the same; signet doctor REFERENCE looks at an image',
    });
  if (engines.length > 1 && flags.config !== undefined)
    throw new CliError('USAGE', '--config is of one engine', {
      hint: `signet gate status ${engines[0]} --config FILE`,
    });
  const findings = await examineEngines(engines, io, flags.config);
  showFindings(findings, flags, io);
  return findings.some(({ state }) => state === 'problem') ? EXIT.denied : EXIT.ok;
}

/** What is found about these engines, one after the other. */
export async function examineEngines(
  engines: readonly Engine[],
  io: Io,
  config?: string,
): Promise<readonly GateFinding[]> {
  const examine = { containerd: () => examineContainerd(io, config), docker: () => examineDocker(config) };
  return (await Promise.all(engines.map((engine) => examine[engine]()))).flat();
}

const traces: readonly (readonly [Engine, string, readonly string[]])[] = [
  [
    'containerd',
    'containerd',
    ['/etc/containerd', '/usr/bin/containerd', '/usr/local/bin/containerd', '/opt/containerd'],
  ],
  ['docker', 'dockerd', ['/etc/docker', '/usr/bin/dockerd', '/usr/local/bin/dockerd']],
];

/** Engines that run here, or have left their usual files. */
export async function enginesHere(): Promise<readonly Engine[]> {
  const here = await Promise.all(
    traces.map(async ([engine, program, paths]) => {
      const isInstalled = (await Promise.all(paths.map(isThere))).includes(true);
      return isInstalled || (await findRunning(program)) !== undefined ? [engine] : [];
    }),
  );
  return here.flat();
}

/** A line for each, then what to do. */
export function showFindings(findings: readonly GateFinding[], flags: OutputFlags, io: Io): void {
  const output = outputOptions(flags, io);
  if (output.json) {
    writeJson(io, { findings });
    return;
  }
  const style = createStyle(output.color);
  const shown = output.quiet ? findings.filter(({ state }) => state === 'problem') : findings;
  for (const finding of shown) io.stdout.write(`${lineOf(finding, style)}\n`);
}

function lineOf({ engine, state, code, text, remedy }: GateFinding, style: Style): string {
  const words = { good: style.good('good   '), note: style.doubt('note   '), problem: style.bad('problem') };
  const line = `  ${words[state]}  ${engine.padEnd(10)}  ${code}: ${escapeForTerminal(text)}`;
  return remedy === undefined ? line : `${line}\n${' '.repeat(23)}to do: ${escapeForTerminal(remedy)}`;
}
