import type { Digest } from '@signet/oci';
import type { TrustedAnswer } from '@signet/verifier';
import type { Item, Revocations } from '../catalogue/content.ts';
import type { TrustedFile, TrustedState } from '../state/trusted-state.ts';
import type { Asking } from './asking.ts';
import { judgeTag } from './judge-tag.ts';
import { readContent } from './read-catalogue.ts';
import type { Receipt } from './receipt.ts';

/** A question for which the file to go by is chosen: `facts` tell of it. */
export interface Looking extends Asking {
  readonly state: TrustedState;
  readonly revoked: Revocations;
  readonly receipts: readonly Receipt[];
}

/** The answer, and what is to be remembered. */
export interface Looked {
  readonly answer: TrustedAnswer;
  /** With the shards that were read. */
  readonly file: TrustedFile;
  /** Items of the file that were proven, by tag. */
  readonly seen: ReadonlyMap<string, Item>;
}

/** What a tag is by this file and by what was seen: its part of the catalogue is read, and judged. */
export async function lookUpTag(
  file: TrustedFile,
  { tag, digest }: { readonly tag: string; readonly digest?: Digest | undefined },
  looking: Looking,
): Promise<Looked> {
  const { source, state } = looking;
  const read = await readContent(file, tag, source, looking);
  const [bound, receipt] = [state.boundOf(tag), receiptFor(tag, looking)];
  const { answer, seen } = await judgeTag({
    ...looking,
    tag,
    ...(digest === undefined ? {} : { digest }),
    content: read.kind === 'read' ? read.content : read.refusal,
    ...(bound === undefined ? {} : { bound }),
    ...(receipt === undefined ? {} : { receipt }),
  });
  return {
    answer,
    file: read.kind === 'read' ? read.file : file,
    seen: new Map(seen === undefined ? [] : [[tag, seen]]),
  };
}

/** The latest. */
function receiptFor(tag: string, { receipts, collection }: Looking): Receipt | undefined {
  const own = receipts.filter((each) => each.collection === collection && each.tag === tag);
  return own.toSorted((a, b) => b.atMs - a.atMs)[0];
}
