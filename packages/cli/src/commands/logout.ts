import { eraseCredential } from '@signet/oci';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { checkNamedConfig } from '../connect.ts';
import { EXIT } from '../exit-codes.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { parseRegistryName } from '../registry-name.ts';

interface LogoutFlags extends OutputFlags {
  readonly registryConfig?: string;
}

/** `signet logout` */
export function define(command: Command, context: Context): void {
  command
    .description('Forgets the login of a registry, in the file or credential helper where docker keeps it.')
    .argument('<registry>', 'host, with its port where it has one')
    .option('--registry-config <file>', "docker's config.json with logins (default: DOCKER_CONFIG)");
  addNotes(command, 'Exit code 0 also where nothing was kept.');
  addOutputOptions(command);
  onRun<LogoutFlags>(command, context, async ([name = ''], flags, io) => {
    const registry = parseRegistryName(name);
    await checkNamedConfig(flags, io);
    const forgotten = await eraseCredential(registry, {
      env: io.env,
      ...(flags.registryConfig === undefined ? {} : { configFile: flags.registryConfig }),
    });
    if (outputOptions(flags, io).json) writeJson(io, { registry, forgotten });
    else io.stdout.write(forgotten ? `logged out of ${registry}\n` : `nothing is kept for ${registry}\n`);
    return EXIT.ok;
  });
}
