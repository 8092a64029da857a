import { encodePublicKey, type PublicKey } from '@signet/core';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { describeKey } from '../key-description.ts';
import { readAnyKeys } from '../key-file.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';

interface ShowFlags extends OutputFlags {
  readonly passwordFile?: string;
}

/** `signet key show` */
export function defineShow(command: Command, context: Context): void {
  command
    .description(
      'Shows the kind, the identity and the public half of the keys in a file (public, private, JWKS or certificate).',
    )
    .argument('<file>', 'key file (- for standard input)')
    .option(
      '--password-file <file>',
      'file with the password of an encrypted key (else SIGNET_PASSWORD, COSIGN_PASSWORD, a prompt)',
    );
  addOutputOptions(command);
  onRun<ShowFlags>(command, context, ([path = ''], flags, io) => show(path, flags, io));
}

async function show(path: string, flags: ShowFlags, io: Io): Promise<ExitCode> {
  const keys = await readAnyKeys(path, { file: flags.passwordFile }, io);
  const { json } = outputOptions(flags, io);
  for (const key of keys) {
    const pem = Buffer.from(await encodePublicKey(key)).toString('utf8');
    if (json) writeJson(io, { ...describeKey(key), pem });
    else io.stdout.write(describe(key, pem));
  }
  return EXIT.ok;
}

function describe(key: PublicKey, pem: string): string {
  const bits = key.bits === undefined ? '' : ` (${key.bits} bits)`;
  return `type  ${key.kind}${bits}\nid    ${key.id}\nhint  ${key.hint}\n${pem}`;
}
