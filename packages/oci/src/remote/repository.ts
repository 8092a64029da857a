import type { Store } from '../store.ts';
import { isManifestDescriptor } from './content.ts';
import { listTags } from './lists.ts';
import { contentExists, fetchContent, openContent, resolveManifest } from './read.ts';
import { listReferrers } from './referrers.ts';
import { mountBlob, pushBlob, pushBlobStream } from './upload.ts';
import { deleteContent, deleteTag, pushManifest, tagManifest, type WriteContext } from './write.ts';

/** One repository of a registry as a Store. */
export function createRepository(context: WriteContext): Store {
  return {
    resolve: (tagOrDigest, options) => resolveManifest(context, tagOrDigest, options),
    fetch: (target, options) => fetchContent(context, target, options),
    open: (target, options) => openContent(context, target, options),
    exists: (target, options) => contentExists(context, target, options),
    referrers: (subject, options) => listReferrers(context, subject, options),
    tags: (options) => listTags(context, options),
    async push(content, as, options) {
      if (isManifestDescriptor(as)) return pushManifest(context, content, as, options);
      await pushBlob(context, content, as, options);
      return {};
    },
    pushStream: (content, as, options) => pushBlobStream(context, content, as, options),
    mount: (blob, from, options) => mountBlob(context, blob, from, options),
    tag: (manifest, tag, options) => tagManifest(context, manifest, tag, options),
    delete: (target, options) => deleteContent(context, target, options),
    untag: (tag, options) => deleteTag(context, tag, options),
  };
}
