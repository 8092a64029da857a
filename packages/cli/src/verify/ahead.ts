import { accessSync, constants, statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import {
  askAhead,
  type FirstQuestion,
  MEDIA_TYPE_MANIFEST,
  parseReference,
  type RegistryReference,
  type Store,
} from '@signet/oci';
import { defaultVerifyLimits } from '@signet/verifier';
import type { Connection } from '../connect.ts';
import type { VerifyFlags } from './flags.ts';

/**
 * Lets the first request for the image of a call go out before what judges its answer is loaded, keys among it: that takes as long as an answer
 * does. Not for many images, where it is nothing beside the rest, and only where --key names files that can be read: a key that is not there is
 * told before any request. What is in them is seen later.
 */
export async function askingAhead(
  connection: Connection,
  { args, flags }: { readonly args: readonly string[]; readonly flags: VerifyFlags },
): Promise<Connection> {
  const [text] = args;
  if (text === undefined || text === '-' || args.length > 1 || flags.key?.every(isReadable) !== true) return connection;
  const reference = parseReference(text);
  if (reference.kind !== 'registry') return connection;
  let asked: Store | undefined = askAhead(await connection.open(reference), firstQuestion(reference, flags));
  // Until the connection is there and the request on its way, if it is not far; else meanwhile.
  await turn();
  await turn();
  const open: Connection['open'] = async (each, options) => {
    const first = asked;
    asked = undefined;
    return first ?? connection.open(each, options);
  };
  return { ...connection, open };
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false; // reading it tells why
  }
}

/** As `collect` asks it. */
function firstQuestion({ digest, tag }: RegistryReference, { platform }: VerifyFlags): FirstQuestion {
  const { maxListingBytes, maxManifestBytes } = defaultVerifyLimits;
  if (digest === undefined || platform !== undefined)
    return { what: 'resolve', tagOrDigest: digest ?? tag ?? 'latest', maxBytes: maxManifestBytes };
  return {
    what: 'referrers',
    subject: { mediaType: MEDIA_TYPE_MANIFEST, digest, size: 0 },
    maxBytes: maxListingBytes,
  };
}
