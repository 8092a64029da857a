import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@signet/oci';
import { EXIT } from '../exit-codes.ts';
import { buildImage, buildIndex } from './image.ts';
import type { Stage } from './stage.ts';

/** What the demo plays on: two running registries, an image layout and a folder for keys. */
export interface Scenery {
  /** `127.0.0.1:PORT` of the first and of the second registry. */
  readonly first: string;
  readonly second: string;
  /** The layout that images are built in. */
  readonly layout: Store;
  readonly layoutDir: string;
  readonly dir: string;
}

/** The whole way: push, sign, verify, three denials, copy. @throws {CliError} DEMO_FAILED when a step comes out otherwise */
export async function play(stage: Stage, scenery: Scenery): Promise<void> {
  await pushImages(stage, scenery);
  await signTag(stage, scenery);
  await verifyTag(stage, scenery);
  await denyUnsigned(stage, scenery);
  await denyOtherKey(stage, scenery);
  await denyMovedTag(stage, scenery);
  await copyAlong(stage, scenery);
}

async function pushImages(stage: Stage, { first, layout, layoutDir }: Scenery): Promise<void> {
  stage.title('Build images and push them');
  await buildImage(layout, '1.0', 'hello from 1.0');
  await buildImage(layout, '2.0', 'hello from 2.0');
  await buildImage(layout, 'unsigned', 'nobody signed me');
  await buildIndex(layout, 'multi', 'hello');
  stage.tell('Built in an OCI image layout on disk: three images, and one for two platforms.');
  for (const tag of ['1.0', '2.0', 'unsigned', 'multi']) {
    await stage.signet(['copy', `oci:${layoutDir}:${tag}`, `${first}/demo/app:${tag}`, '--quiet'], { exit: EXIT.ok });
  }
}

async function signTag(stage: Stage, { first, dir }: Scenery): Promise<void> {
  stage.title('Make a key and sign');
  await stage.signet(['key', 'generate', '--out', join(dir, 'release'), '--quiet'], { exit: EXIT.ok });
  const refs = ['1.0', '2.0', 'multi'].map((tag) => `${first}/demo/app:${tag}`);
  await stage.signet(['sign', ...refs, '--key', join(dir, 'release.key')], { exit: EXIT.ok });
}

async function verifyTag(stage: Stage, { first, dir }: Scenery): Promise<void> {
  stage.title('Verify');
  const key = ['--key', join(dir, 'release.pub')];
  const says = ['verified'];
  await stage.signet(['verify', ...key, '--tag-bound', `${first}/demo/app:1.0`, `${first}/demo/app:multi`], {
    exit: EXIT.ok,
    says,
  });
  await stage.signet(['tree', `${first}/demo/app:multi`], {
    exit: EXIT.ok,
    says: ['linux/amd64', 'linux/arm64', 'sigstore'],
  });
}

async function denyUnsigned(stage: Stage, { first, dir }: Scenery): Promise<void> {
  stage.title('Denied: an image that nobody signed');
  const args = ['verify', '--key', join(dir, 'release.pub'), `${first}/demo/app:unsigned`];
  await stage.signet(args, { exit: EXIT.denied, says: ['denied', 'NO_SIGNATURE'] });
}

async function denyOtherKey(stage: Stage, { first, dir }: Scenery): Promise<void> {
  stage.title('Denied: signed, but by another key');
  await stage.signet(['key', 'generate', '--type', 'ed25519', '--out', join(dir, 'other'), '--quiet'], {
    exit: EXIT.ok,
  });
  const args = ['verify', '--key', join(dir, 'other.pub'), `${first}/demo/app:1.0`];
  await stage.signet(args, { exit: EXIT.denied, says: ['denied', 'NOT_TRUSTED'] });
}

async function denyMovedTag(stage: Stage, { first, dir }: Scenery): Promise<void> {
  stage.title('Denied: the tag was moved to another signed image');
  const key = ['--key', join(dir, 'release.pub')];
  await stage.signet(['copy', `${first}/demo/app:1.0`, `${first}/demo/app:stable`, '--quiet'], { exit: EXIT.ok });
  await stage.signet(['sign', `${first}/demo/app:stable`, '--key', join(dir, 'release.key'), '--quiet'], {
    exit: EXIT.ok,
  });
  await stage.signet(['verify', ...key, '--tag-bound', `${first}/demo/app:stable`], {
    exit: EXIT.ok,
    says: ['verified'],
  });
  stage.tell('Now somebody lets "stable" name 2.0, which is signed too, but as 2.0:');
  await stage.signet(['copy', `${first}/demo/app:2.0`, `${first}/demo/app:stable`, '--quiet'], { exit: EXIT.ok });
  await stage.signet(['verify', ...key, '--tag-bound', `${first}/demo/app:stable`], {
    exit: EXIT.denied,
    says: ['denied', 'TAG_MISMATCH'],
  });
}

async function copyAlong(stage: Stage, { first, second, dir }: Scenery): Promise<void> {
  stage.title('Copy to a second registry: the signature goes along');
  await stage.signet(['copy', `${first}/demo/app:1.0`, `${second}/mirror/app:1.0`], { exit: EXIT.ok });
  const named = ['--tag-bound', '--signed-reference', `${first}/demo/app:1.0`];
  await stage.signet(['verify', '--key', join(dir, 'release.pub'), ...named, `${second}/mirror/app:1.0`], {
    exit: EXIT.ok,
    says: ['verified'],
  });
}

/** Removes everything that the demo wrote. */
export async function strike(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
