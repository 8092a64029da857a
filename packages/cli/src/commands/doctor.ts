import { parseReference, type Reference, RegistryError } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { type Connection, connect } from '../connect.ts';
import { type DoctorFinding, problemOf } from '../doctor/finding.ts';
import { examineImage } from '../doctor/image.ts';
import { examineRegistry } from '../doctor/registry.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { createStyle, type Style } from '../style.ts';

type DoctorFlags = RegistryFlags & OutputFlags;

/** `signet doctor` */
export function define(command: Command, context: Context): void {
  command
    .description(
      'Says what a registry supports, what authentication did, whether the clocks agree, and which signatures an image has. Without an image: what the gates of this machine do not see. It only reads; nothing is verified.',
    )
    .argument('[reference]', 'image (oci:FOLDER:TAG for a layout on disk; default: the gates of this machine)');
  addNotes(
    command,
    'Exit code 3: something that signing or verifying needs does not work; 1, without an image: a way past a gate is open (as signet gate status).',
  );
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<DoctorFlags>(command, context, async ([text], flags, io) => {
    if (text !== undefined) return await doctor(text, flags, io);
    const { gateStatus } = await import('../gate/status/status.ts');
    return await gateStatus(undefined, flags, io);
  });
}

async function doctor(text: string, flags: DoctorFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const reference = parseReference(text);
  const requests = { count: 0 };
  const onRequest = (): void => void requests.count++;
  const connection = await connect(flags, io, output, { references: [text], onRequest });
  try {
    const findings = await examine(reference, connection, io.signal);
    io.signal.throwIfAborted(); // Else the breaking off would be told as the registry's fault.
    show(findings, { text, requests: requests.count, io, output });
    return findings.some(({ state }) => state === 'problem') ? EXIT.undecided : EXIT.ok;
  } finally {
    await connection.close();
  }
}

async function examine(
  reference: Reference,
  connection: Connection,
  signal: AbortSignal,
): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  if (reference.kind === 'registry') {
    const around = { credentials: connection.credentials, signal };
    findings.push(...(await examineRegistry(reference, connection.client, around)));
    if (findings.some(({ about, state }) => about === 'registry' && state === 'problem')) return findings;
  }
  try {
    const source = await connection.open(reference);
    if (reference.kind === 'layout')
      findings.push({ about: 'layout', state: 'good', text: `${reference.path} is an OCI image layout` });
    return [...findings, ...(await examineImage(reference, source, signal))];
  } catch (error) {
    if (error instanceof RegistryError && error.code !== 'ABORTED') return [...findings, problemOf('layout', error)];
    throw error;
  }
}

interface Around {
  readonly text: string;
  readonly requests: number;
  readonly io: Io;
  readonly output: OutputOptions;
}

function show(findings: readonly DoctorFinding[], { text, requests, io, output }: Around): void {
  if (output.json) {
    writeJson(io, { reference: text, requests, findings });
    return;
  }
  const style = createStyle(output.color);
  const lines = findings.map(({ about, state, text: what, code }) => {
    const reason = code === undefined ? '' : `${code}: `;
    return `  ${paint(style, state)}  ${about.padEnd(14)}  ${escapeForTerminal(`${reason}${what}`)}`;
  });
  io.stdout.write(`${escapeForTerminal(text)}\n${lines.join('\n')}\n`);
  if (!output.quiet && requests > 0) io.stdout.write(`  ${requests} requests\n`);
}

function paint(style: Style, state: DoctorFinding['state']): string {
  const words = { good: style.good('good   '), note: style.doubt('note   '), problem: style.bad('problem') };
  return words[state];
}
