import { attachSignature, type PublicKey, parsePublicKeys } from '@signet/core';
import { parseReference } from '@signet/oci';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { connect } from '../connect.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { naming, readKeyFile, refuseExampleKeys } from '../key-file.ts';
import { addNotes } from '../notes.ts';
import { addPublicKeyOption, type PublicKeyFlags } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, outputOptions } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { showSigned } from '../sign-output.ts';

interface AttachFlags extends PublicKeyFlags, RegistryFlags, OutputFlags {
  readonly payload?: string;
  readonly signature?: string;
  readonly force?: boolean;
}

/** `signet attach` */
export function define(command: Command, context: Context): void {
  command
    .description('Stores a signature that was made elsewhere over what `signet sign --payload-out` wrote.')
    .argument('<reference>', 'the image that was signed (oci:FOLDER:TAG for a layout on disk)')
    .option('--payload <file>', 'the bytes that were signed')
    .option('--signature <file>', 'the signature: its bytes, or base64 as openssl writes it (- for standard input)')
    .option('--force', 'store it also where the same signature is there already');
  addPublicKeyOption(command);
  addNotes(command, help);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<AttachFlags>(command, context, ([text = ''], flags, io) => attach(text, flags, io));
}

const help = `
Exit code 1: the signature is not this key's, or the image is not the one that was signed; nothing is stored then.

Example:
  signet sign --payload-out payload registry.example.com/app:1.0
  openssl dgst -sha256 -sign offline.pem -out payload.sig payload
  signet attach --payload payload --signature payload.sig --key offline.pub registry.example.com/app:1.0`;

async function attach(text: string, flags: AttachFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const reference = parseReference(text);
  const publicKey = await readPublicKey(flags, io);
  const payload = await readNamed('payload', flags.payload, io);
  const signature = await readNamed('signature', flags.signature, io);
  const connection = await connect(flags, io, output, { references: [text] });
  try {
    const result = await attachSignature({
      store: await connection.open(reference),
      reference,
      payload,
      signature,
      publicKey,
      attachedAtMs: Date.now(),
      force: flags.force === true,
      signal: io.signal,
    });
    showSigned(result, { reference, format: result.payload.format, io, output });
    return EXIT.ok;
  } finally {
    await connection.close();
  }
}

async function readPublicKey(flags: AttachFlags, io: Io): Promise<PublicKey> {
  if (flags.key === undefined)
    throw new CliError('USAGE', 'whose signature it is was not said', { hint: 'name the public key: --key FILE' });
  const path = flags.key;
  const bytes = await readKeyFile(path, io);
  const keys = await naming(path, () => parsePublicKeys(bytes));
  const [key, ...others] = keys;
  if (key === undefined || others.length > 0)
    throw new CliError('USAGE', `${path} holds ${keys.length} public keys: one is wanted`);
  refuseExampleKeys(keys, path, flags);
  return key;
}

async function readNamed(what: 'payload' | 'signature', path: string | undefined, io: Io): Promise<Uint8Array> {
  if (path === undefined) throw new CliError('USAGE', `where the ${what} is was not said`, { hint: `--${what} FILE` });
  return readInput(path, io);
}
