import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLayout } from '@signet/oci';
import { buildImage } from '../../../packages/cli/src/demo/image.ts';
import { signetProgram, startSignet } from '../../support/cli.ts';
import { startDockerRegistry } from '../../support/docker-registry.ts';
import { runOk } from '../../support/process.ts';
import { type WriteWatch, watchFolder, watchRegistry } from './write-watch.ts';

/** Where a killed command writes to, and how what it wrote is asked for. A label names one signature (or one copy). */
export interface Spot {
  readonly watch: WriteWatch;
  /** Makes what the command needs, before it is timed. */
  prepare?(label: string): Promise<void>;
  command(label: string): readonly string[];
  verify(label: string): readonly string[];
  /** Exit codes of `verify` where the command has not done its work. */
  readonly absent: readonly number[];
  /** The layout that must stay whole. */
  readonly layoutDir: string | undefined;
}

/** A kind of work that is killed. `spot` gives a new place for it: an image of its own, a folder of its own. */
export interface Target {
  readonly name: string;
  spot(): Promise<Spot>;
}

/** The registries and folders of a trial. */
export interface Targets {
  readonly all: readonly Target[];
  stop(): Promise<void>;
}

/** What all targets share: a folder, the key pair of the signers, the environment of the program. */
export interface Ground {
  readonly dir: string;
  readonly key: string;
  readonly pub: string;
  readonly env: { readonly TMPDIR: string };
}

const formats = ['sigstore', 'cosign'] as const;
type Format = (typeof formats)[number];

/** A machine may be busy: slowness is no fault. */
const patient = ['--timeout', '5m'];

/** `docker`: with docker-registry too, which must be installed. */
export async function startTargets(ground: Ground, { docker }: { readonly docker: boolean }): Promise<Targets> {
  const root = join(ground.dir, 'registry');
  const args = ['registry', 'serve', '--root', root, '--port', '0'];
  const embedded = await startSignet(args, { ready: /registry: http:\/\/([^/\s]+)/ });
  const fallback = docker ? await startDockerRegistry() : undefined;
  const hosts: readonly RegistryPlace[] = [
    { name: 'embedded registry', host: embedded.match[1] ?? '', root },
    ...(fallback === undefined ? [] : [{ name: 'docker-registry', host: fallback.host, root: undefined }]),
  ];
  const watched = await Promise.all(hosts.map(async (place) => ({ place, watch: await watchRegistry(place.host) })));
  const onRegistries = watched.flatMap(({ place, watch }) =>
    formats.map((format) => registryTarget({ ...place, host: watch.host, watch, format }, ground)),
  );
  const onDisk = formats.map((format) => layoutTarget(format, ground));
  return {
    all: [...onRegistries, ...onDisk, copyTarget(ground)],
    async stop() {
      for (const { watch } of watched) await watch.stop();
      await Promise.all([embedded.stop(), fallback?.stop()]);
    },
  };
}

/** Runs the program for a step that must succeed. @throws {HarnessError} */
export function signetOk(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return runOk(process.execPath, [signetProgram, ...args], { env });
}

interface RegistryPlace {
  readonly name: string;
  readonly host: string;
  /** The folder of its layouts, where it is known. */
  readonly root: string | undefined;
}

interface RegistryWork extends RegistryPlace {
  readonly watch: WriteWatch;
  readonly format: Format;
}

function registryTarget({ name, host, root, watch, format }: RegistryWork, ground: Ground): Target {
  let count = 0;
  return {
    name: `${format}, ${name}`,
    async spot() {
      const repository = `kill/${format}-${++count}`;
      const image = `${host}/${repository}:v1`;
      await signetOk(['copy', await newImage(ground, `${name} ${repository}`), image], ground.env);
      const layoutDir = root === undefined ? undefined : join(root, repository, '_layout');
      return { ...signing(image, format, ground), watch, layoutDir };
    },
  };
}

function layoutTarget(format: Format, ground: Ground): Target {
  let count = 0;
  return {
    name: `${format}, layout`,
    async spot() {
      const layoutDir = join(folderOf(ground, `layout-${format}-${++count}`), 'images');
      const image = `oci:${layoutDir}:v1`;
      await signetOk(['copy', await newImage(ground, layoutDir), image], ground.env);
      return { ...signing(image, format, ground), watch: watchFolder(layoutDir), layoutDir };
    },
  };
}

/** Signing one image again and again: each signature says its label. */
function signing(image: string, format: Format, { key, pub }: Ground): Pick<Spot, 'command' | 'verify' | 'absent'> {
  const labelled = (label: string): readonly string[] => ['--annotation', `label=${label}`];
  return {
    command: (label) => ['sign', '--key', key, '--format', format, ...labelled(label), ...patient, '-o', 'json', image],
    verify: (label) => ['verify', '--key', pub, ...labelled(label), ...patient, image],
    absent: [1],
  };
}

/** Copying signed images into one folder, which the first copy makes. The tag is the last thing: what it names has its signature. */
function copyTarget(ground: Ground): Target {
  let count = 0;
  return {
    name: 'copy into a layout',
    async spot() {
      const layoutDir = join(folderOf(ground, `copies-${++count}`), 'images');
      const sources = new Map<string, string>();
      return {
        watch: watchFolder(layoutDir),
        async prepare(label) {
          const image = await newImage(ground, `${layoutDir} ${label}`);
          await signetOk(['sign', '--key', ground.key, image], ground.env);
          sources.set(label, image);
        },
        command: (label) => ['copy', sources.get(label) ?? '', `oci:${layoutDir}:${label}`, '-o', 'json'],
        verify: (label) => ['verify', '--key', ground.pub, `oci:${layoutDir}:${label}`],
        absent: [3],
        layoutDir,
      };
    },
  };
}

function folderOf({ dir }: Ground, name: string): string {
  const folder = join(dir, name);
  mkdirSync(folder);
  return folder;
}

let images = 0;

async function newImage({ dir }: Ground, greeting: string): Promise<string> {
  const folder = join(dir, 'sources');
  const layout = await openLayout(folder, { create: true });
  const tag = `image-${++images}`;
  await buildImage(layout, tag, greeting);
  return `oci:${folder}:${tag}`;
}
