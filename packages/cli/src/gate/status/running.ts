import { readdir, readFile, readlink } from 'node:fs/promises';

/** An engine that runs on this machine. */
export interface RunningEngine {
  readonly pid: string;
  /** Without the program itself. */
  readonly args: readonly string[];
  /** Milliseconds since 1970 UTC. */
  readonly startedAtMs?: number;
}

/**
 * The process of this name that sees the same files as this one, as Linux tells: one in a container is another machine's. Undefined where
 * there is none, or where that cannot be told.
 */
export async function findRunning(name: string): Promise<RunningEngine | undefined> {
  const files = await readlink('/proc/self/ns/mnt').catch(() => undefined);
  for (const pid of await processes()) {
    const command = await textOf(`/proc/${pid}/comm`);
    if (command?.trim() !== name) continue;
    const seen = await readlink(`/proc/${pid}/ns/mnt`).catch(() => files); // another user's is not shown
    if (seen !== files) continue;
    const [, ...args] = ((await textOf(`/proc/${pid}/cmdline`)) ?? '').split('\0').slice(0, -1);
    const startedAtMs = startOf((await textOf(`/proc/${pid}/stat`)) ?? '', (await textOf('/proc/stat')) ?? '');
    return { pid, args, ...(startedAtMs === undefined ? {} : { startedAtMs }) };
  }
  return undefined;
}

/** The version that a program says it has; undefined where it cannot be run. */
export async function versionOf(program: string): Promise<string | undefined> {
  const { execFile } = await import('node:child_process');
  return await new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: 5000, maxBuffer: 64 * 1024 }, (error, stdout) =>
      resolve(error === null ? /\sv?(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1] : undefined),
    );
  });
}

async function processes(): Promise<readonly string[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name));
}

/** Undefined for a process that ended meanwhile. */
async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined);
}

/** Ticks of a hundredth of a second since the machine was started. Rule: proc(5), /proc/pid/stat (22), /proc/stat btime */
function startOf(process: string, machine: string): number | undefined {
  const ticks = process.slice(process.lastIndexOf(')') + 2).split(' ')[19];
  const boot = /^btime (\d+)$/m.exec(machine)?.[1];
  return ticks === undefined || boot === undefined ? undefined : (Number(boot) + Number(ticks) / 100) * 1000;
}

/** The value of a flag in the arguments of a program, in the spellings of Go's flag packages. */
export function argument(args: readonly string[], ...names: readonly string[]): string | undefined {
  for (const [at, arg] of args.entries()) {
    const [name = '', value] = arg.split(/=(.*)/s);
    if (names.includes(name)) return value ?? args[at + 1];
  }
  return undefined;
}
