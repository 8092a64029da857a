import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLayout } from '@signet/oci';
import { startRegistry } from '@signet/registry';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { play, type Scenery, strike } from '../demo/play.ts';
import { createStage, type Stage } from '../demo/stage.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { systemReason } from '../files.ts';
import { type Io, useColor } from '../io.ts';
import { addNotes } from '../notes.ts';

interface DemoFlags {
  readonly keep?: boolean;
  readonly color: boolean;
}

/** `signet demo` */
export function define(command: Command, context: Context): void {
  command
    .description(
      'Starts two embedded registries in a temporary folder, pushes, signs and verifies images, shows three denials and a copy, and cleans up.',
    )
    .option('--keep', 'afterwards keep the registries open, for trying commands, until Ctrl-C')
    .option('--no-color', 'no colours (also: NO_COLOR)');
  addNotes(command, 'Exit code: 0 when every step came out as it should, else 1.');
  onRun<DemoFlags>(command, context, (_args, flags, io) => demo(flags, io, context));
}

async function demo(flags: DemoFlags, io: Io, context: Context): Promise<ExitCode> {
  const started = Date.now();
  const dir = await makeFolder();
  const registries = await Promise.all(
    ['first', 'second'].map((name) => startRegistry({ root: join(dir, name), host: '127.0.0.1', port: 0 })),
  );
  try {
    const [first = '', second = ''] = registries.map(({ port }) => `127.0.0.1:${port}`);
    const layoutDir = join(dir, 'images');
    const scenery: Scenery = { first, second, dir, layoutDir, layout: await openLayout(layoutDir, { create: true }) };
    // Keys of the demo lie in its folder for seconds: they have no password.
    const world: Io = { ...io, stdin: io.stdin, secrets: { keyPassword: '' } };
    const stage = createStage({ io: world, color: useColor(io, flags.color), run: context.run });
    await play(stage, scenery);
    io.stdout.write(
      `\n${stage.style.good('All steps came out as they should')}, in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`,
    );
    if (flags.keep === true) await keepOpen(io, stage, scenery);
    return EXIT.ok;
  } finally {
    await Promise.all(registries.map((registry) => registry.close()));
    await strike(dir);
  }
}

async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'signet-demo-'));
  } catch (error) {
    throw new CliError('FILE_UNWRITABLE', `no temporary folder in ${tmpdir()}: ${systemReason(error)}`, {
      cause: error,
    });
  }
}

async function keepOpen(io: Io, stage: Stage, { first, second, dir }: Scenery): Promise<void> {
  const key = join(dir, 'release');
  const commands = [
    `signet verify --key ${key}.pub ${first}/demo/app:1.0`,
    `SIGNET_PASSWORD= signet sign --key ${key}.key ${first}/demo/app:unsigned`,
    `signet tree ${first}/demo/app:multi`,
    `signet doctor ${second}/mirror/app:1.0`,
    `cosign verify --key ${key}.pub --insecure-ignore-tlog ${first}/demo/app:1.0`,
  ];
  io.stdout.write(`\nThe registries stay open until Ctrl-C. Try in another terminal:\n`);
  for (const command of commands) io.stdout.write(`  ${stage.style.strong(command)}\n`);
  const stopped = io.untilStopped();
  if (stopped.aborted) return;
  await new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve(), { once: true }));
}
