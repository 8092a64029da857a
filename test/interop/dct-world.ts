import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startContainerd } from '../support/containerd.ts';
import { startCraneRegistry } from '../support/crane-registry.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startDockerd } from '../support/dockerd.ts';
import { createEngineHost } from '../support/engine-host.ts';
import { HarnessError } from '../support/harness-error.ts';
import { type NotaryServer, startNotaryServer } from '../support/notary-server.ts';
import type { RunResult } from '../support/process.ts';
import { createTestCa, type TestCa } from '../support/tls.ts';

/** A Docker client with content trust, its daemon, a registry and a Notary server, all of this machine. */
export interface DctWorld {
  /** `HOST:PORT/team/dct`, in a registry where nothing is yet. */
  readonly repository: string;
  readonly notaryUrl: string;
  /** PEM of the authority that the Notary server's certificate is from. */
  readonly ca: string;
  /** `~/.docker/trust` of the client. */
  readonly trustFolder: string;
  /** For what the client writes and reads. */
  readonly dir: string;
  /** A shell command in `dir`, with `docker` and `notary` set up; `trusted`: with DOCKER_CONTENT_TRUST=1. Gives its standard output. @throws {HarnessError} where it fails */
  shell(command: string, trusted?: boolean): Promise<string>;
  /** As {@link DctWorld.shell}; failure is a result. */
  tryShell(command: string, trusted?: boolean): Promise<RunResult>;
  /** Makes an image of this text and names it `repository:tag` in the daemon. */
  makeImage(tag: string, text: string): Promise<void>;
  stop(): Promise<void>;
}

const [rootPhrase, otherPhrase] = ['the root phrase', 'the other phrase'];

/** `front`: somebody who stands before the Notary server, and whom the client is told to ask. */
export interface DctOptions {
  readonly front?: (notary: NotaryServer, ca: TestCa) => Promise<NotaryServer>;
  /** Where images lie. Default: crane's registry. */
  readonly startRegistry?: () => Promise<TestRegistry>;
}

export async function createDctWorld({
  front,
  startRegistry = startCraneRegistry,
}: DctOptions = {}): Promise<DctWorld> {
  const [host, ca, registry] = await Promise.all([createEngineHost(), createTestCa(), startRegistry()]);
  const starting = startContainerd(host).then(async (containerd) => ({
    containerd,
    dockerd: await startDockerd(host, containerd),
  }));
  const [server, { containerd, dockerd }] = await Promise.all([startNotaryServer(ca), starting]);
  const notary = (await front?.(server, ca)) ?? server;
  const config = join(host.dir, 'client');
  mkdirSync(join(config, 'tls', notary.host), { recursive: true });
  copyFileSync(ca.caFile, join(config, 'tls', notary.host, 'ca.crt'));
  const settings = { trust_dir: join(config, 'trust'), remote_server: { url: notary.url, root_ca: ca.caFile } };
  writeFileSync(join(host.dir, 'notary.json'), JSON.stringify(settings));
  const repository = `${registry.host}/team/dct`;
  const env = {
    DOCKER_HOST: `unix://${dockerd.socket}`,
    DOCKER_CONFIG: config,
    DOCKER_CONTENT_TRUST_SERVER: notary.url,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: rootPhrase,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: otherPhrase,
    NOTARY_ROOT_PASSPHRASE: rootPhrase,
    NOTARY_TARGETS_PASSPHRASE: otherPhrase,
    NOTARY_SNAPSHOT_PASSPHRASE: otherPhrase,
    NOTARY_DELEGATION_PASSPHRASE: otherPhrase,
    SSL_CERT_FILE: ca.caFile,
  };
  const tryShell = (command: string, trusted = false): Promise<RunResult> =>
    host.run('sh', ['-c', `cd ${host.dir} && ${command}`], {
      env: { ...env, ...(trusted ? { DOCKER_CONTENT_TRUST: '1' } : {}) },
    });
  const shell = async (command: string, trusted = false): Promise<string> => {
    const { code, stdout, stderr } = await tryShell(command, trusted);
    if (code !== 0) throw new HarnessError(`${command}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    repository,
    notaryUrl: notary.url,
    ca: ca.ca,
    trustFolder: join(config, 'trust'),
    dir: host.dir,
    shell,
    tryShell,
    makeImage: async (tag, text) => {
      writeFileSync(join(host.dir, 'content'), text);
      await shell(`tar -c content | docker import - ${repository}:${tag}`);
    },
    async stop() {
      if (notary !== server) await notary.stop();
      for (const end of [dockerd.stop, containerd.stop, server.stop, registry.stop, host.stop, ca.remove]) await end();
    },
  };
}
