import { type Credential, credentialOf, RegistryError, saveCredential, verifyLogin } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { clientOptions } from '../connect.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readStdin } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { promptHidden, promptLine } from '../prompt.ts';
import { parseRegistryName } from '../registry-name.ts';

interface LoginFlags extends RegistryFlags, OutputFlags {
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

/** `signet login` */
export function define(command: Command, context: Context): void {
  command
    .description('Logs in to a registry: tries the password there, then keeps it where docker does.')
    .argument('<registry>', 'host, with its port where it has one')
    .option('-u, --username <name>', 'account (else a prompt)')
    .option('--password-stdin', 'read the password from standard input (else a prompt)');
  addNotes(
    command,
    'Exit code 1: the registry refuses the password; nothing is kept then. There is no option for the password itself: other users of\nthe machine could read it.\n\nExample:\n  signet login registry.example.com --username ci --password-stdin < token',
  );
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<LoginFlags>(command, context, ([registry = ''], flags, io) => login(registry, flags, io));
}

async function login(name: string, flags: LoginFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const registry = parseRegistryName(name);
  const { credentials, ...options } = await clientOptions(flags, io, output);
  await credentials.check({ mayBeMissing: true });
  const { username, credential } = await askFor(registry, flags, io);
  const auth = await refusedAs(registry, () => verifyLogin(registry, credential, { ...options, signal: io.signal }));
  const place = await saveCredential(registry, credential, {
    env: io.env,
    ...(flags.registryConfig === undefined ? {} : { configFile: flags.registryConfig }),
  });
  show({ registry, username, auth, place }, io, output);
  return EXIT.ok;
}

async function askFor(
  registry: string,
  flags: LoginFlags,
  io: Io,
): Promise<{ readonly username: string; readonly credential: Credential }> {
  const fromStdin = flags.passwordStdin === true;
  const username = flags.username ?? (fromStdin ? undefined : await promptLine(`Account at ${registry}: `, io));
  if (username === undefined || username === '')
    throw new CliError('USAGE', 'which account is meant was not said', { hint: '--username NAME' });
  const password = fromStdin
    ? Buffer.from(await readStdin(io.stdin, maxPasswordBytes))
        .toString('utf8')
        .replace(/\r?\n$/, '')
    : await promptHidden('Password: ', io);
  if (password === undefined || password === '')
    throw new CliError('PASSWORD_NEEDED', `no password for ${registry} was given`, {
      hint: 'write it to standard input with --password-stdin',
    });
  return { username, credential: credentialOf(username, password) };
}

/** Tokens of cloud registries have a few thousand characters. */
const maxPasswordBytes = 64 * 1024;

async function refusedAs<T>(registry: string, tried: () => Promise<T>): Promise<T> {
  try {
    return await tried();
  } catch (cause) {
    if (!(cause instanceof RegistryError) || (cause.code !== 'UNAUTHORIZED' && cause.code !== 'FORBIDDEN')) throw cause;
    throw new CliError('LOGIN_REFUSED', `${registry} does not take this account and password`, { cause });
  }
}

function show(
  done: { readonly registry: string; readonly username: string; readonly auth: string; readonly place: string },
  io: Io,
  output: OutputOptions,
): void {
  if (done.auth === 'none' && !output.quiet)
    io.stderr.write(`note: ${done.registry} asks for no credentials, so the password was not tried\n`);
  if (output.json)
    writeJson(io, { registry: done.registry, username: done.username, auth: done.auth, kept: done.place });
  else
    io.stdout.write(
      `logged in to ${done.registry} as ${escapeForTerminal(done.username)}, kept in ${escapeForTerminal(done.place)}\n`,
    );
}
