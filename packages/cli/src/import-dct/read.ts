import { join } from 'node:path';
import {
  folderSource,
  type MetadataSource,
  type RootPin,
  readTrustData,
  serverSource,
  type TrustData,
} from '@signet/dct';
import type { RegistryClient, RegistryReference } from '@signet/oci';
import { CliError } from '../errors.ts';
import { readInputFile } from '../files.ts';
import type { TrustDataFlags } from './flags.ts';

/** What the trust data is read with. */
export interface Reading {
  readonly client: RegistryClient;
  readonly nowMs: number;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal;
}

/** Verified trust data, and where it came from. */
export interface ReadData {
  readonly data: TrustData;
  readonly place: string;
}

/** @throws {CliError} USAGE, FILE_UNREADABLE; {DctError}; {RegistryError} */
export async function readData(
  { registry, repository }: RegistryReference,
  flags: TrustDataFlags,
  { client, nowMs, timeoutMs, signal }: Reading,
): Promise<ReadData> {
  const gun = `${registry}/${repository}`;
  const source = sourceOf(gun, flags, client);
  const data = await readTrustData(source, {
    gun,
    pin: await pinOf(gun, flags),
    nowMs,
    allowExpired: flags.allowExpired === true,
    allowMissing: flags.allowMissing === true,
    signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return { data, place: source.place };
}

/** @throws {CliError} USAGE */
export function checkTrustDataFlags({ server, dir, rootKey }: TrustDataFlags): void {
  if (server === undefined && dir === undefined)
    throw new CliError('USAGE', 'where the trust data lies was not said', {
      hint: 'name a Notary server, --server https://HOST, or a folder, --dir ~/.docker/trust',
    });
  if (server !== undefined && dir !== undefined && rootKey !== undefined)
    throw new CliError('USAGE', '--root-key, and --dir beside --server, both say which root is trusted: leave one out');
}

function sourceOf(gun: string, { server, dir }: TrustDataFlags, client: RegistryClient): MetadataSource {
  return server === undefined ? folderSource(dir ?? '', gun) : serverSource(client, server, gun);
}

async function pinOf(gun: string, { server, dir, rootKey }: TrustDataFlags): Promise<RootPin> {
  if (server !== undefined && dir !== undefined)
    return { kind: 'root', root: await readInputFile(join(dir, 'tuf', gun, 'metadata/root.json')) };
  if (rootKey === undefined) return { kind: 'firstUse' };
  const isId = (text: string): boolean => /^[0-9a-fA-F]{64}$/.test(text);
  const files = rootKey.filter((text) => !isId(text));
  const certificates = await Promise.all(files.map((path) => readInputFile(path)));
  return { kind: 'keys', keyIds: rootKey.filter(isId), certificates };
}
