import {
  type Descriptor,
  digestOf,
  isManifestMediaType,
  MEDIA_TYPE_INDEX,
  manifestMediaTypes,
  parseDigest,
  parseManifest,
  RegistryError,
  type Resolved,
  type Source,
} from '@signet/oci';

/** A reader of one repository in the fewest lines, so that what peers wrote is read without Signet's own client. Loopback only. */
export function httpSource(host: string, repository: string): Source {
  const base = `http://${host}/v2/${repository}`;
  const get = async (path: string) => {
    const answer = await fetch(`${base}/${path}`, { headers: { accept: [...manifestMediaTypes, '*/*'].join(', ') } });
    if (answer.status === 404) throw new RegistryError('NOT_FOUND', `${path} is not there`, { status: 404 });
    if (!answer.ok) throw new RegistryError('SERVER_ERROR', `${path}: ${answer.status}`, { status: answer.status });
    return { bytes: Buffer.from(await answer.arrayBuffer()), type: answer.headers.get('content-type') ?? '' };
  };
  const resolve = async (reference: string): Promise<Resolved> => {
    const { bytes, type } = await get(`manifests/${reference}`);
    return { bytes, descriptor: { mediaType: type, digest: digestOf(bytes), size: bytes.length } };
  };
  const listed = async (path: string): Promise<readonly Descriptor[] | undefined> => {
    try {
      const { bytes } = await get(path);
      const index = parseManifest(bytes, MEDIA_TYPE_INDEX);
      return index.kind === 'index' ? index.manifests : [];
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  };
  return {
    resolve,
    async fetch({ digest, mediaType }) {
      const { bytes } = await get(`${isManifestMediaType(mediaType) ? 'manifests' : 'blobs'}/${digest}`);
      if (digestOf(bytes) !== digest) throw new RegistryError('DIGEST_MISMATCH', 'another digest');
      return bytes;
    },
    async *referrers({ digest }) {
      const byApi = await listed(`referrers/${digest}`);
      if (byApi !== undefined) yield { via: 'api', descriptors: byApi };
      else
        yield { via: 'tag', descriptors: (await listed(`manifests/${parseDigest(digest).replace(':', '-')}`)) ?? [] };
    },
    open: () => Promise.reject(new RegistryError('UNSUPPORTED', 'not read as a stream')),
    exists: () => Promise.reject(new RegistryError('UNSUPPORTED', 'not asked')),
    tags: () => {
      throw new RegistryError('UNSUPPORTED', 'not listed');
    },
  };
}
