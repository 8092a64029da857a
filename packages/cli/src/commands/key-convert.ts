import { encodePrivateKey, encodePublicKey, KeyError, type PrivateKey, parsePrivateKey } from '@signet/core';
import { escapeForTerminal } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { type KeyForm, keyForms } from '../key-description.ts';
import { naming, readAnyKeys, readKeyFile } from '../key-file.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { existingPassword, newPassword, readPasswordFile } from '../password.ts';

type PublicForm = 'pem' | 'jwk' | 'openssh';

interface ConvertFlags extends OutputFlags {
  readonly form?: KeyForm | PublicForm;
  readonly public?: boolean;
  readonly out?: string;
  readonly passwordFile?: string;
  readonly newPasswordFile?: string;
  readonly force?: boolean;
}

const publicForms: readonly PublicForm[] = ['pem', 'jwk', 'openssh'];

/** `signet key convert` */
export function defineConvert(command: Command, context: Context): void {
  command
    .description('Writes a private key in another form or under another password, or the public half of a key.')
    .argument('<file>', 'key file (- for standard input)')
    .addOption(new Option('--form <form>', 'form to write').choices([...new Set([...keyForms, ...publicForms])]))
    .option('--public', 'write the public half (forms pem, jwk, openssh)')
    .option('--out <file>', 'where to (a public half: default standard output)')
    .option(
      '--password-file <file>',
      'file with the password of the key (else SIGNET_PASSWORD, COSIGN_PASSWORD, a prompt)',
    )
    .option('--new-password-file <file>', 'file with the password of the written key (default: the one it had)')
    .option('--force', 'overwrite a file that is there');
  addNotes(
    command,
    'Examples:\n  signet key convert cosign.key --form pkcs8 --out release.key\n  signet key convert release.key --public --form openssh',
  );
  addOutputOptions(command);
  onRun<ConvertFlags>(command, context, ([path = ''], flags, io) =>
    flags.public === true ? convertPublic(path, flags, io) : convertPrivate(path, flags, io),
  );
}

async function convertPublic(path: string, flags: ConvertFlags, io: Io): Promise<ExitCode> {
  const form = publicForms.find((each) => each === (flags.form ?? 'pem'));
  if (form === undefined)
    throw new CliError('USAGE', `--public has the forms ${publicForms.join(', ')}, not ${flags.form}`);
  const keys = await readAnyKeys(path, { file: flags.passwordFile }, io);
  const bytes = Buffer.concat(await Promise.all(keys.map((key) => encodePublicKey(key, { form }))));
  const { json } = outputOptions(flags, io);
  if (flags.out !== undefined) await writeOutputFile(flags.out, bytes, { force: flags.force === true });
  const written = flags.out === undefined ? { text: bytes.toString('utf8') } : { publicKey: flags.out };
  if (json) writeJson(io, { ...written, form });
  else io.stdout.write(flags.out === undefined ? bytes.toString('utf8') : `${escapeForTerminal(flags.out)}\n`);
  return EXIT.ok;
}

async function convertPrivate(path: string, flags: ConvertFlags, io: Io): Promise<ExitCode> {
  const form = keyForms.find((each) => each === (flags.form ?? 'pkcs8'));
  if (form === undefined)
    throw new CliError('USAGE', `a private key has the forms ${keyForms.join(', ')}, not ${flags.form}`);
  if (flags.out === undefined)
    throw new CliError('USAGE', 'where the private key goes was not said', { hint: '--out FILE' });
  const { key, password } = await readPrivateKey(path, flags, io);
  const next = await passwordFor(form, { flags, io, old: password });
  const bytes = await encodePrivateKey(key, { form, ...(next === undefined ? {} : { password: next }) });
  await writeOutputFile(flags.out, bytes, { mode: 0o600, force: flags.force === true });
  const output = outputOptions(flags, io);
  if (output.json) writeJson(io, { privateKey: flags.out, form, encrypted: next !== undefined });
  else io.stdout.write(`${escapeForTerminal(flags.out)}\n`);
  if (next === undefined && !output.quiet) io.stderr.write(`note: ${escapeForTerminal(flags.out)} is not encrypted\n`);
  return EXIT.ok;
}

/** The key and, where it was encrypted, its password. */
async function readPrivateKey(
  path: string,
  flags: ConvertFlags,
  io: Io,
): Promise<{ readonly key: PrivateKey; readonly password?: string }> {
  const bytes = await readKeyFile(path, io);
  const ask = existingPassword({ file: flags.passwordFile }, io, path);
  let used: string | undefined;
  const key = await naming(path, () =>
    parsePrivateKey(bytes, {
      password: async () => {
        used = await ask();
        return used;
      },
    }),
  );
  return { key, ...(used === undefined ? {} : { password: used }) };
}

/** The new password, else the old one; a key that had none gets the one from the environment or a prompt. Empty: PKCS#8 stays open. */
async function passwordFor(
  form: KeyForm,
  from: { readonly flags: ConvertFlags; readonly io: Io; readonly old: string | undefined },
): Promise<string | undefined> {
  if (form === 'jwk') {
    if (from.flags.newPasswordFile === undefined) return undefined;
    throw new KeyError('KEY_UNSUPPORTED', 'a JWK is not encrypted: leave --new-password-file out, or write PKCS#8');
  }
  const { newPasswordFile } = from.flags;
  const password =
    newPasswordFile === undefined
      ? (from.old ?? (await newPassword({}, from.io)))
      : await readPasswordFile(newPasswordFile);
  return form === 'pkcs8' && password === '' ? undefined : password;
}
