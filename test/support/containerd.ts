import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineHost } from './engine-host.ts';
import type { RunResult, StartedProcess } from './process.ts';

/** A containerd that runs. */
export interface Containerd {
  readonly socket: string;
  readonly process: StartedProcess;
  /** `ctr ARGS` */
  ctr(...args: readonly string[]): Promise<RunResult>;
  stop(): Promise<void>;
}

/** Starts it with its data in the host's folder. `config`: more of its TOML. @throws {HarnessError} where it does not come up */
export async function startContainerd(host: EngineHost, config = ''): Promise<Containerd> {
  const socket = join(host.dir, 'c.sock');
  const file = join(host.dir, 'containerd.toml');
  const places = { root: join(host.dir, 'root'), state: join(host.dir, 'state') };
  const head = `version = 3\nroot = "${places.root}"\nstate = "${places.state}"\n[grpc]\n  address = "${socket}"\n[debug]\n  level = "debug"\n`;
  writeFileSync(file, head + config);
  const process = await host.start('containerd', ['--config', file], { ready: /containerd successfully booted/ });
  return {
    socket,
    process,
    ctr: (...args) => host.run('ctr', ['--address', socket, ...args]),
    stop: () => process.stop('SIGTERM'),
  };
}
