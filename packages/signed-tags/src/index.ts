export { type Carried, type CarryOptions, carryCatalogue } from './carry/carry.ts';
export { ageContent } from './catalogue/age.ts';
export { CATALOGUE_TYPE, type Catalogue, SHARD_TYPE, type Shard, type Tags } from './catalogue/catalogue.ts';
export {
  type Content,
  compareItems,
  type Entry,
  type Item,
  itemOf,
  type Revocation,
  type Revocations,
  type TagState,
  type TagStatement,
  timeOf,
} from './catalogue/content.ts';
export { encodeCatalogue, encodeShard } from './catalogue/encode.ts';
export { dominates, mergeContent, mergeRevocations } from './catalogue/merge.ts';
export { parseCatalogue, parseShard } from './catalogue/parse.ts';
export { joinContent, shardOf, splitContent } from './catalogue/shards.ts';
export type { SignedFile } from './catalogue/signed-file.ts';
export { type ClientLimits, defaultClientLimits } from './client/bounds.ts';
export { encodeReceipt, parseReceipt, RECEIPT_TYPE, type Receipt } from './client/receipt.ts';
export { createTrustedTags, type TrustedTagsOptions } from './client/trusted-tags.ts';
export { TagsError, type TagsErrorCode } from './errors.ts';
export { HEAD_TAG, type Head, type HeadOptions, headOf, readHead } from './head/head.ts';
export { readShard, readShardContent, shardContent } from './head/shards.ts';
export {
  CATALOGUE_PREDICATE,
  type FileJudgement,
  type FileQuestion,
  judgeFile,
} from './head/trusted-file.ts';
export type { Patience } from './head/until-there.ts';
export { type Operation, subjectOf } from './journal/operation.ts';
export type { Authority } from './publish/authority.ts';
export { checkClock, checkDate } from './publish/checks.ts';
export { collectGarbage } from './publish/garbage.ts';
export { checkNothingThere, init } from './publish/init.ts';
export type {
  ColdOptions,
  Ignored,
  OperationOutcome,
  OperationResult,
  Published,
  WriterOptions,
} from './publish/options.ts';
export { type PublishOptions, publish, refresh } from './publish/publish.ts';
export {
  type Gathered,
  gatherOld,
  type OldCatalogue,
  type RebuildOptions,
  rebuild,
  type Unproven,
} from './publish/rebuild.ts';
export { type StageOptions, stage } from './publish/stage.ts';
export { type Status, status } from './publish/status.ts';
export { type View, viewCatalogue } from './publish/view.ts';
export { HISTORY_TAG_PREFIX, isOpenTag, JOURNAL_TAG_PREFIX } from './reserved.ts';
export { encodeState, parseState, STATE_TYPE } from './state/codec.ts';
export { type FilePlace, type FilePlaceOptions, fileStatePlace } from './state/file-place.ts';
export { memoryPlace, memoryPlaces } from './state/memory-place.ts';
export {
  emptyState,
  mergeStates,
  type Publisher,
  publisherOf,
  type Revoked,
  type Seen,
  type StatePlace,
  type StoredFile,
  type TagsState,
  type Vouched,
} from './state/state.ts';
export {
  type Bound,
  type StateQuestion,
  type TrustedFile,
  type TrustedState,
  trustState,
} from './state/trusted-state.ts';
export {
  type CountingStatement,
  countingStatements,
  entryOfStatements,
  judgeEntry,
  type TagQuestion,
  timeOfStatements,
} from './statements/judge.ts';
export { type Notice, REMOVAL_TYPE, REVOCATION_TYPE, signRemoval, signRevocation } from './statements/notice.ts';
