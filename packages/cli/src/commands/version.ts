import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { addOutputOptions, type OutputFlags, writeJson } from '../options/output.ts';
import { version } from '../version.ts';

/** `signet version` */
export function define(command: Command, context: Context): void {
  addOutputOptions(command);
  onRun<OutputFlags>(command, context, async (_args, flags, io) => {
    if (flags.output === 'json') writeJson(io, { version, node: process.versions.node, platform: process.platform });
    else io.stdout.write(`signet ${version}\n`);
    return EXIT.ok;
  });
}
