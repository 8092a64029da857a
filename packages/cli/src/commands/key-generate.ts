import { encodePrivateKey, encodePublicKey, generateKey, type KeyKind, type PrivateKey } from '@signet/core';
import { escapeForTerminal } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { refuseExisting, writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { describeKey, type KeyForm, keyForms } from '../key-description.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { newPassword } from '../password.ts';

interface GenerateFlags extends OutputFlags {
  readonly type: string;
  readonly out: string;
  readonly form: KeyForm;
  readonly passwordFile?: string;
  readonly force?: boolean;
}

const types: Readonly<Record<string, { readonly kind: KeyKind; readonly bits?: number }>> = {
  p256: { kind: 'ecdsa-p256' },
  p384: { kind: 'ecdsa-p384' },
  p521: { kind: 'ecdsa-p521' },
  rsa2048: { kind: 'rsa', bits: 2048 },
  rsa3072: { kind: 'rsa', bits: 3072 },
  rsa4096: { kind: 'rsa', bits: 4096 },
  ed25519: { kind: 'ed25519' },
};

/** `signet key generate` */
export function defineGenerate(command: Command, context: Context): void {
  command
    .description('Makes a key pair: PREFIX.key (mode 0600) and PREFIX.pub.')
    .addOption(new Option('-t, --type <type>', 'kind of the key').choices(Object.keys(types)).default('p256'))
    .option('--out <prefix>', 'where the two files go', 'signet')
    .addOption(new Option('--form <form>', 'form of the private key').choices(keyForms).default('pkcs8'))
    .option(
      '--password-file <file>',
      'file with the password of the new key (else SIGNET_PASSWORD, COSIGN_PASSWORD, a prompt)',
    )
    .option('--force', 'overwrite files that are there');
  addNotes(
    command,
    'An empty password (SIGNET_PASSWORD=) leaves PKCS#8 unencrypted; a JWK is never encrypted.\n\nExample:\n  signet key generate --type p256 --out release',
  );
  addOutputOptions(command);
  onRun<GenerateFlags>(command, context, (_args, flags, io) => generate(flags, io));
}

async function generate(flags: GenerateFlags, io: Io): Promise<ExitCode> {
  const files = { privateKey: `${flags.out}.key`, publicKey: `${flags.out}.pub` };
  await refuseExisting(Object.values(files), flags.force === true);
  const password =
    flags.form === 'jwk' ? undefined : passwordOf(flags.form, await newPassword({ file: flags.passwordFile }, io));
  const { kind, bits } = types[flags.type] ?? { kind: 'ecdsa-p256' };
  const key = await generateKey(kind, bits === undefined ? {} : { bits });
  await writePair(key, files, { flags, password });
  const output = outputOptions(flags, io);
  if (output.json)
    writeJson(io, { ...describeKey(key.publicKey), ...files, form: flags.form, encrypted: password !== undefined });
  else io.stdout.write(`${escapeForTerminal(files.privateKey)}\n${escapeForTerminal(files.publicKey)}\n`);
  if (password === undefined && !output.quiet)
    io.stderr.write(`note: ${escapeForTerminal(files.privateKey)} is not encrypted\n`);
  return EXIT.ok;
}

/** PKCS#8 under an empty password would look protected: it is written unencrypted. cosign's form is always encrypted. */
function passwordOf(form: KeyForm, password: string): string | undefined {
  return form === 'pkcs8' && password === '' ? undefined : password;
}

async function writePair(
  key: PrivateKey,
  files: { readonly privateKey: string; readonly publicKey: string },
  how: { readonly flags: GenerateFlags; readonly password: string | undefined },
): Promise<void> {
  const { force = false, form } = how.flags;
  const secret = await encodePrivateKey(key, {
    form,
    ...(how.password === undefined ? {} : { password: how.password }),
  });
  const open = await encodePublicKey(key.publicKey, { form: form === 'jwk' ? 'jwk' : 'pem' });
  await writeOutputFile(files.privateKey, secret, { mode: 0o600, force });
  await writeOutputFile(files.publicKey, open, { force });
}
