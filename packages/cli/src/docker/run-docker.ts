import { escapeForTerminal } from '@signet/verifier';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';

/** Of what docker prints so much is kept. */
const maxKept = 64 * 1024;

/**
 * Lets the docker client do something: what it prints goes to standard error as it comes, and the last of its standard output comes back. Options
 * that Docker handed to its plugin (context, host) go before `args`.
 * @throws {CliError} DOCKER_FAILED, with docker's exit code; USAGE where there is no docker. Ends with `signal`: a pull may take as long as it takes
 */
export async function runDocker(args: readonly string[], io: Io): Promise<string> {
  return await start(args, io, 'pipe');
}

/**
 * The same where nothing has to be read of what docker prints: on a terminal it prints there by itself, and shows its progress as it always does.
 * @throws as {@link runDocker}
 */
export async function letDocker(args: readonly string[], io: Io): Promise<void> {
  const { isTTY, fd } = io.stderr;
  await start(args, io, isTTY && fd !== undefined ? fd : 'pipe');
}

/** `to`: where docker prints; `pipe`: here. */
async function start(args: readonly string[], { env, signal, stderr }: Io, to: 'pipe' | number): Promise<string> {
  const [{ spawn }, { constants }] = await Promise.all([import('node:child_process'), import('node:os')]);
  // Rule: Docker CLI plugins: the client that called the plugin.
  const program = env.DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND || 'docker';
  const all = [...optionsOf(env), ...args];
  return await new Promise<string>((done, failed) => {
    const child = spawn(program, all, { stdio: ['ignore', to, to], signal, env: { ...env } });
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-maxKept);
      stderr.write(shown(text));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => stderr.write(shown(text)));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return failed(error);
      failed(
        new CliError('USAGE', `there is no program ${JSON.stringify(program)}`, { hint: 'install the Docker client' }),
      );
    });
    child.on('close', (code, by) => {
      if (code === 0) return done(said);
      // As shells have it.
      const exitCode = code ?? (by === null ? 1 : 128 + constants.signals[by]);
      failed(new CliError('DOCKER_FAILED', `docker ${args[0]} ended with ${code ?? by}`, { exitCode }));
    });
  });
}

/** What docker says holds what a registry has said. */
function shown(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => escapeForTerminal(line))
    .join('\n');
}

function optionsOf({ SIGNET_DOCKER_OPTIONS: text }: Io['env']): readonly string[] {
  if (text === undefined) return [];
  try {
    const options: unknown = JSON.parse(text);
    if (Array.isArray(options)) return options.map(String);
  } catch {
    // told below
  }
  throw new CliError('USAGE', 'SIGNET_DOCKER_OPTIONS is no list: it is set by the plugin, for itself');
}
