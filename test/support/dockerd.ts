import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Containerd } from './containerd.ts';
import type { EngineHost } from './engine-host.ts';
import type { RunResult, StartedProcess } from './process.ts';

/** A Docker daemon that runs. */
export interface Dockerd {
  readonly socket: string;
  readonly process: StartedProcess;
  /** `docker ARGS` */
  docker(...args: readonly string[]): Promise<RunResult>;
  stop(): Promise<void>;
}

/** Where a daemon of {@link startDockerd} listens. */
export function dockerSocket(host: EngineHost): string {
  return join(host.dir, 'docker.sock');
}

/** Without networks of its own, which would change those of this machine. @throws {HarnessError} where it does not come up */
export async function startDockerd(host: EngineHost, containerd: Containerd, config?: string): Promise<Dockerd> {
  const socket = dockerSocket(host);
  const places = [
    '--data-root',
    join(host.dir, 'data'),
    '--exec-root',
    join(host.dir, 'exec'),
    '--pidfile',
    join(host.dir, 'pid'),
  ];
  const network = ['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--userland-proxy=false'];
  const file = config ?? join(host.dir, 'daemon.json');
  if (config === undefined) writeFileSync(file, '{}');
  const args = [
    '--config-file',
    file,
    '--host',
    `unix://${socket}`,
    '--containerd',
    containerd.socket,
    '--storage-driver',
    'vfs',
  ];
  const process = await host.start('dockerd', [...args, ...places, ...network], {
    ready: /API listen on/,
    timeoutMs: 60_000,
  });
  return {
    socket,
    process,
    docker: (...rest) =>
      host.run('docker', ['--host', `unix://${socket}`, ...rest], { env: { DOCKER_CONFIG: host.dir } }),
    stop: () => process.stop('SIGTERM'),
  };
}
