import type { Source } from '@signet/oci';
import type { Content } from '../catalogue/content.ts';
import { shardOf } from '../catalogue/shards.ts';
import { TagsError } from '../errors.ts';
import { type Head, headOf } from '../head/head.ts';
import { readShard, shardContent } from '../head/shards.ts';
import { judgeFile } from '../head/trusted-file.ts';
import type { Patience } from '../head/until-there.ts';
import type { StateQuestion, TrustedFile, TrustedState } from '../state/trusted-state.ts';
import type { Shown } from './choose-file.ts';
import type { Heads } from './heads.ts';
import { shardsAtHand } from './learn.ts';
import { type Refusal, unread } from './refusal.ts';

/** What is asked for a catalogue. */
export interface CatalogueQuestion {
  /** Where the head lies, `HOST/PATH`. */
  readonly location: string;
  readonly source: Source;
  /** What was read before, if anything was. */
  readonly known: Head | undefined;
  readonly state: TrustedState;
  readonly trust: StateQuestion;
  readonly heads: Heads;
  readonly signal: AbortSignal;
}

/** What the registry shows, and whether that is a catalogue of those who may sign. Rule: signed-tags.md 4.1, steps 2 and 3 */
export async function readCatalogue(question: CatalogueQuestion): Promise<Shown> {
  const { trust, state, heads } = question;
  try {
    const head = await heads.read(question);
    if (head === undefined) return { kind: 'nothing', what: 'missing', refusal: missing(question) };
    const judged = await judgeFile(head, trust);
    if (judged.kind === 'refused')
      return {
        kind: 'nothing',
        what: 'junk',
        refusal: { kind: 'denied', code: judged.code, message: judged.message, remedy },
      };
    const { catalogue, signers } = judged;
    const { file, signatures, resolved: manifest } = head;
    const shards = shardsAtHand(catalogue, state);
    const shown: TrustedFile = {
      source: 'registry',
      catalogue,
      signers,
      signed: { file, signatures },
      manifest,
      shards,
    };
    return { kind: 'file', file: shown };
  } catch (error) {
    if (!(error instanceof TagsError)) return { kind: 'nothing', what: 'unread', refusal: unread(error) };
    return { kind: 'nothing', what: 'junk', refusal: malformed(error) };
  }
}

const remedy =
  'see who wrote the tag signet-tags, and whether the policy names those who publish; then publish the catalogue again';

/** What a trusted file says of a tag, and the file with the shard that was read for it; or why that could not be read. */
export type ReadContent =
  | { readonly kind: 'read'; readonly content: Content; readonly file: TrustedFile }
  | { readonly kind: 'unread'; readonly refusal: Refusal };

/** At most one question, where the catalogue is sharded and the shard is not at hand. Rule: signed-tags.md 4.1, step 6 */
export async function readContent(
  file: TrustedFile,
  tag: string,
  source: Source,
  patience: Patience,
): Promise<ReadContent> {
  const { catalogue } = file;
  const { tags } = catalogue;
  if (tags.kind === 'whole') return { kind: 'read', content: tags.content, file };
  const index = shardOf(tag, tags.bits);
  try {
    const bytes =
      shardAtHand(file, index) ?? (await readShard(source, { head: headOfFile(file), catalogue }, index, patience));
    const content = shardContent(catalogue, index, bytes);
    const digest = tags.digests[index];
    const shards = digest === undefined ? file.shards : new Map([...file.shards, [digest, bytes] as const]);
    return { kind: 'read', content, file: { ...file, shards } };
  } catch (error) {
    return { kind: 'unread', refusal: error instanceof TagsError ? malformed(error) : unread(error) };
  }
}

function shardAtHand({ catalogue: { tags }, shards }: TrustedFile, index: number): Uint8Array | undefined {
  const digest = tags.kind === 'sharded' ? tags.digests[index] : undefined;
  return digest === undefined ? undefined : shards.get(digest);
}

function headOfFile({ manifest, signed }: TrustedFile): Pick<Head, 'shards'> {
  return (manifest === undefined ? undefined : headOf(manifest, signed)) ?? { shards: [] };
}

function missing({ location, trust }: CatalogueQuestion): Refusal {
  return {
    kind: 'denied',
    code: 'CATALOGUE_MISSING',
    message: `there is no catalogue of ${trust.collection} in ${location}`,
    remedy: 'publish the first one (signet tags init), or see who deleted the tag signet-tags',
  };
}

function malformed({ message }: TagsError): Refusal {
  return { kind: 'denied', code: 'CATALOGUE_MALFORMED', message, remedy };
}
