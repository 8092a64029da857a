import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startSignet } from '../../support/cli.ts';
import type { StartedProcess } from '../../support/process.ts';
import type { IssuedCertificate } from '../../support/tls.ts';
import { fixedPort } from './fixed-port.ts';
import type { Stage } from './stage.ts';

/** The files of a server. */
export interface ServerFiles {
  readonly policy: string;
  readonly cert: string;
  readonly key: string;
  readonly tokens: string;
}

/** `signet serve` as a process that is stopped, killed and started again at the same address. */
export interface TriedServer {
  readonly url: string;
  readonly files: ServerFiles;
  /** A token that is good all the time. */
  readonly token: string;
  useCertificate(issued: IssuedCertificate): void;
  /** @throws {HarnessError} where it does not come up */
  start(): Promise<void>;
  /** Resolves when its log, from now on, has a line with this text. @throws {RangeError} where that takes too long */
  tells(text: string): Promise<void>;
  /** So many milliseconds its clock goes wrong; resolves when it does. */
  moveClock(ms: number): Promise<void>;
  /** Sends a signal and waits for the end; gives the exit code, -1 where the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number>;
  /** The most MiB that it ever held. */
  mostMemory(): number;
}

/** Nothing that is waited for takes so long. */
const patienceMs = 30_000;
const clock = fileURLToPath(new URL('../../support/moving-clock.ts', import.meta.url));

/** Answers are kept for a short time, so that faults of the registry are met. */
export const shortLifetimes: readonly string[] = [
  '--fresh',
  '300ms',
  '--stale',
  '300ms',
  '--denied',
  '200ms',
  '--tags',
  '200ms',
];

/** The server of a stage, not started yet. `options`: further ones; none given, answers are kept for a short time. */
export async function createTriedServer(
  stage: Stage,
  options: readonly string[] = shortLifetimes,
): Promise<TriedServer> {
  const { dir, policies, ca } = stage;
  const at = (name: string): string => join(dir, name);
  const files = { policy: at('policy.yaml'), cert: at('tls.crt'), key: at('tls.key'), tokens: at('tokens') };
  const clockFile = at('clock');
  const token = 'a-token-that-is-always-good';
  const port = await fixedPort(probe);
  let running: StartedProcess | undefined;
  let mostMiB = 0;
  const listeners = new Set<(line: string) => void>();
  const tells = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new RangeError(`the log does not tell: ${text}`)), patienceMs);
      const listen = (line: string): void => {
        if (!line.includes(text)) return;
        clearTimeout(timer);
        listeners.delete(listen);
        resolve();
      };
      listeners.add(listen);
    });
  const note = (): void => {
    if (running !== undefined) mostMiB = Math.max(mostMiB, memoryOf(running.child.pid));
  };
  const server: TriedServer = {
    url: `https://127.0.0.1:${port}`,
    files,
    token,
    tells,
    useCertificate({ cert, key }) {
      writeFileSync(files.key, key);
      writeFileSync(files.cert, cert);
    },
    async start() {
      const env = { NODE_OPTIONS: `--import=${clock} --max-old-space-size=256`, SIGNET_TEST_CLOCK: clockFile };
      running = await startSignet([...argumentsOf(port, files), ...options], { ready: /signet serves/, env });
      if (running.child.stderr === null) return;
      createInterface({ input: running.child.stderr }).on('line', (line) => {
        for (const listen of listeners) listen(line);
      });
    },
    async moveClock(ms) {
      const moved = tells(`the clock goes wrong by ${ms} ms`);
      writeFileSync(clockFile, String(ms));
      await moved;
    },
    async end(signal) {
      note();
      await running?.stop(signal);
      return running?.child.exitCode ?? -1;
    },
    mostMemory() {
      note();
      return mostMiB;
    },
  };
  writeFileSync(files.policy, policies.usual.text);
  writeFileSync(files.tokens, `${token}\n`);
  writeFileSync(clockFile, '0');
  server.useCertificate(await ca.issue());
  return server;
}

function argumentsOf(port: number, files: ServerFiles): readonly string[] {
  const reading = ['--policy', files.policy, '--tls-cert', files.cert, '--tls-key', files.key];
  const access = ['--token-file', files.tokens, '--port', String(port)];
  return ['serve', ...reading, ...access, '--reload', '200ms', '--grace', '10s', '--log-level', 'info'];
}

/** Listens, and lets it be. */
async function probe(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => void server.once('error', reject).listen(port, '127.0.0.1', resolve));
  await new Promise((resolve) => server.close(resolve));
}

function memoryOf(pid: number | undefined): number {
  try {
    const [, kib = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kib) / 1024);
  } catch {
    return 0; // it has ended
  }
}
