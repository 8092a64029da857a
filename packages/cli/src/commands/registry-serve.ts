import { type RegistryOptions, type RequestEvent, startRegistry } from '@signet/registry';
import { escapeForTerminal } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readInputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { explainListenError } from '../listen-error.ts';
import { addNotes } from '../notes.ts';
import { parseInteger } from '../options/duration.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { readCertificatePair } from '../tls-files.ts';
import { untilAborted } from '../until-aborted.ts';

interface ServeFlags extends OutputFlags {
  readonly root: string;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly htpasswd?: string;
  readonly anonymousRead?: boolean;
  readonly token?: boolean;
  readonly referrersApi: boolean;
  readonly immutableTags?: true | readonly string[];
}

/** `signet registry serve` */
export function defineServe(command: Command, context: Context): void {
  command
    .description(
      'Serves a folder (an OCI image layout) as an OCI distribution 1.1 registry. A development registry: no quotas, no garbage collection, one process.',
    )
    .option('--root <dir>', 'folder that holds everything; made when it is missing', 'signet-registry')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(new Option('--port <n>', 'port; 0 takes a free one').argParser(parseInteger(0, 65_535)).default(5000))
    .option('--tls-cert <file>', 'PEM certificate chain: serve HTTPS (with --tls-key)')
    .option('--tls-key <file>', 'PEM private key of the certificate')
    .option('--htpasswd <file>', 'ask for these accounts (bcrypt: htpasswd -B)')
    .option('--anonymous-read', 'reading needs no account (with --htpasswd)')
    .option('--token', 'hand out tokens at /token, as large registries do (with --htpasswd)')
    .option(
      '--immutable-tags [pattern...]',
      'tags that stay what they are: TAG or REPOSITORY:TAG with *, all without a pattern',
    )
    .option('--no-referrers-api', 'no referrers API, as registries before distribution-spec 1.1');
  addNotes(
    command,
    'Pushes and deletes of manifests honour If-Match and If-None-Match; the ETag is the digest in quotes. An immutable tag that is there is neither pushed over with another manifest nor deleted, and its manifest is kept: 403 DENIED. Registries without the referrers API, and cosign, keep signatures under tags sha256-…: leave those out of the patterns.\n\nSIGTERM or Ctrl-C finishes the requests in flight. --verbose logs every request on standard error.\n\nExample:\n  signet registry serve --root ./registry --port 0',
  );
  addOutputOptions(command);
  onRun<ServeFlags>(command, context, (_args, flags, io) => serve(flags, io));
}

async function serve(flags: ServeFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const stopped = io.untilStopped();
  const registry = await start(await registryOptions(flags, io, output), flags);
  if (output.json) writeJson(io, { url: registry.url, host: registry.host, port: registry.port, root: flags.root });
  else io.stdout.write(`signet development registry: ${registry.url}\n`);
  await untilAborted(stopped);
  await registry.close();
  return io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

async function start(options: RegistryOptions, flags: ServeFlags): ReturnType<typeof startRegistry> {
  try {
    return await startRegistry(options);
  } catch (error) {
    throw explainListenError(error, `${flags.host}:${flags.port}`);
  }
}

async function registryOptions(flags: ServeFlags, io: Io, output: OutputOptions): Promise<RegistryOptions> {
  if (flags.htpasswd === undefined && (flags.token === true || flags.anonymousRead === true)) {
    throw new CliError('USAGE', '--token and --anonymous-read need accounts', { hint: '--htpasswd FILE' });
  }
  const tls = await readTls(flags);
  const htpasswd =
    flags.htpasswd === undefined ? undefined : Buffer.from(await readInputFile(flags.htpasswd)).toString('utf8');
  return {
    root: flags.root,
    host: flags.host,
    port: flags.port,
    referrersApi: flags.referrersApi,
    ...immutableTags(flags),
    ...(tls === undefined ? {} : { tls }),
    ...(htpasswd === undefined ? {} : { auth: { htpasswd, allowAnonymousRead: flags.anonymousRead === true } }),
    ...(flags.token === true ? { token: {} } : {}),
    ...(output.verbose ? { logger: (event: RequestEvent) => io.stderr.write(logLine(event)) } : {}),
  };
}

function immutableTags({ immutableTags: patterns }: ServeFlags): Pick<RegistryOptions, 'immutableTags'> {
  if (patterns === undefined) return {};
  return { immutableTags: patterns === true ? ['*'] : patterns };
}

function logLine({ method, path, status, ms, cause }: RequestEvent): string {
  const why = cause === undefined ? '' : ` ${escapeForTerminal(String(cause))}`;
  return `${escapeForTerminal(method)} ${escapeForTerminal(path)} ${status} ${Math.round(ms)} ms${why}\n`;
}

async function readTls({ tlsCert, tlsKey }: ServeFlags): Promise<RegistryOptions['tls']> {
  if (tlsCert !== undefined && tlsKey !== undefined) return readCertificatePair(tlsCert, tlsKey);
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  throw new CliError('USAGE', '--tls-cert and --tls-key belong together: one of them is missing');
}
