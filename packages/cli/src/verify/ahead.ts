import { accessSync, constants, statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { cosignTag } from '@signet/core';
import {
  askAhead,
  type FirstQuestion,
  MEDIA_TYPE_MANIFEST,
  parseReference,
  type Reference,
  type RegistryReference,
  type Store,
} from '@signet/oci';
import { defaultVerifyLimits } from '@signet/verifier';
import type { Connection } from '../connect.ts';
import type { VerifyFlags } from './flags.ts';

/**
 * Lets the first requests for the first image of a call go out before what judges their answers is loaded, keys among it: that takes as long as
 * an answer does. Only where --key names files that can be read: a key that is not there is told before any request. What is in them is
 * seen later.
 */
export async function askingAhead(
  connection: Connection,
  { args, flags }: { readonly args: readonly string[]; readonly flags: VerifyFlags },
): Promise<Connection> {
  const [text] = args;
  if (text === undefined || text === '-' || flags.key?.every(isReadable) !== true) return connection;
  const first = parseReference(text);
  if (first.kind !== 'registry') return connection;
  let asked: Store | undefined = askAhead(await connection.open(first), firstQuestions(first, flags));
  // Until the connection is there and the request on its way, if it is not far; else meanwhile.
  await turn();
  await turn();
  const open: Connection['open'] = async (each, options) => {
    if (asked === undefined || !isSameRepository(each, first)) return connection.open(each, options);
    const store = asked;
    asked = undefined;
    return store;
  };
  return { ...connection, open };
}

function isSameRepository(one: Reference, other: RegistryReference): boolean {
  return one.kind === 'registry' && one.registry === other.registry && one.repository === other.repository;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false; // reading it tells why
  }
}

/** As `collect` asks them: all that it can ask before there is an answer. */
function firstQuestions({ digest, tag }: RegistryReference, { platform }: VerifyFlags): readonly FirstQuestion[] {
  const { maxListingBytes, maxManifestBytes } = defaultVerifyLimits;
  const resolve = (tagOrDigest: string): FirstQuestion => ({
    what: 'resolve',
    tagOrDigest,
    maxBytes: maxManifestBytes,
  });
  if (digest === undefined || platform !== undefined) return [resolve(digest ?? tag ?? 'latest')];
  const subject = { mediaType: MEDIA_TYPE_MANIFEST, digest, size: 0 };
  return [{ what: 'referrers', subject, maxBytes: maxListingBytes }, resolve(digest), resolve(cosignTag(digest))];
}
