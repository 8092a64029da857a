import { defaultPace, type Pace } from '@signet/core';
import { RegistryError, type Source } from '@signet/oci';
import { type Asked, collectionOf, type TagCatalogue, type TrustedAnswer, type TrustedTags } from '@signet/verifier';
import { isOpenTag } from '../reserved.ts';
import { memoryPlaces } from '../state/memory-place.ts';
import type { StatePlace } from '../state/state.ts';
import { type Answering, answer } from './answer.ts';
import { type ClientLimits, countingSource, defaultClientLimits, within } from './bounds.ts';
import { createHeads } from './heads.ts';
import type { Receipt } from './receipt.ts';
import { type Refusal, refusing, unread } from './refusal.ts';
import { createSaver } from './saver.ts';

/** How trusted tags are asked for. Who shares one must have the same access to registries: what was read for one answers the others. */
export interface TrustedTagsOptions {
  /** Where is remembered what was seen. Default: in memory. */
  readonly placeOf?: (where: { readonly collection: string; readonly catalogue: string }) => StatePlace;
  /** Opens the repository of a catalogue that lies elsewhere than the image, `HOST/PATH`. Default: then nothing can be decided. */
  readonly open?: (location: string) => Promise<Source>;
  /** What the tags that they name must not be less than. */
  readonly receipts?: readonly Receipt[];
  /** For so long a head is gone by without asking again, milliseconds, at most 60,000; default 0. */
  readonly reuseMs?: number;
  /** Asks the registry's own tag as well, to tell where it names another image. Default: false. */
  readonly wantsDrift?: boolean;
  /** Asks whether the image is there, too. Default: false. */
  readonly wantsImage?: boolean;
  readonly pace?: Pace;
  readonly limits?: Partial<ClientLimits>;
}

/** Reads signed catalogues, remembers what it has seen, and answers by both. Rule: signed-tags.md 4 */
export function createTrustedTags(options: TrustedTagsOptions = {}): TrustedTags {
  const { placeOf = memoryPlaces(), pace = defaultPace, reuseMs = 0, receipts = [] } = options;
  const { maxRequests, totalMs } = { ...defaultClientLimits, ...options.limits };
  const using: Answering = {
    placeOf,
    receipts,
    heads: createHeads({ pace, reuseMs: Math.min(reuseMs, maxReuseMs) }),
    saver: createSaver(),
    wantsDrift: options.wantsDrift === true,
    wantsImage: options.wantsImage === true,
  };
  return {
    async ask({ asked, ruling, source, signal }) {
      const { catalogue } = ruling.rule ?? {};
      const repository = repositoryOf(asked);
      const where = catalogue && repository ? collectionOf(catalogue, repository) : undefined;
      if (catalogue === undefined || where === undefined) return outside(asked, catalogue);
      const { collection, location } = where;
      const facts = { collection, catalogue: catalogue.name };
      if (asked.tag !== undefined && !isOpenTag(asked.tag)) return refusing(reserved(asked.tag), facts);
      const counted = countingSource(maxRequests);
      const open = async (): Promise<Source> => {
        // A layout holds catalogue and images together.
        if (asked.image === undefined || location === repository) return source;
        if (options.open !== undefined) return await options.open(location);
        throw new RegistryError(
          'UNSUPPORTED',
          `it lies in ${location}, and only the image's repository can be read here`,
        );
      };
      try {
        return await within(totalMs, { pace, signal }, async (bounded) => {
          const parts = { asked, ruling, catalogue, collection, location, facts, pace, nowMs: ruling.atMs };
          return await answer(
            { ...parts, image: counted(source), source: counted(await open()), signal: bounded },
            using,
          );
        });
      } catch (error) {
        return refusing(unread(error), facts);
      }
    },
  };
}

const maxReuseMs = 60_000;

/** `HOST/PATH`; of a layout what its images are said to be. */
function repositoryOf({ image, name }: Asked): string | undefined {
  return image === undefined ? name?.repository : `${image.registry}/${image.repository}`;
}

function outside({ reference }: Asked, catalogue: TagCatalogue | undefined): TrustedAnswer {
  const named =
    catalogue === undefined ? 'no catalogue is named for it' : `the catalogue ${catalogue.name} is not for it`;
  const refusal: Refusal = {
    kind: 'denied',
    code: 'COLLECTION_MISMATCH',
    message: `${reference}: ${named}`,
    remedy: "see the policy's catalogues: `collections` and `mirrors` say which repositories one is for",
  };
  return refusing(refusal, { collection: '', catalogue: catalogue?.name ?? '' });
}

function reserved(tag: string): Refusal {
  return { kind: 'denied', code: 'TAG_NOT_SIGNED', message: `${tag} is a tag of the catalogue's own, and no image` };
}
