import { type RegistryClient, RegistryError } from '@signet/oci';
import { DctError } from '../errors.ts';
import { parseGun } from '../gun.ts';
import { type MetadataFile, type MetadataSource, nameOf } from '../source.ts';

/**
 * A Notary server: `https://notary.docker.io`, or a registry with content trust of its own (`https://NAME.azurecr.io`). The client's credentials for
 * the repository's registry are shown to it, as docker does. Rule: Notary, storage/httpstore.go.
 * @throws {DctError} DCT_QUESTION_INVALID
 */
export function serverSource(client: Pick<RegistryClient, 'document'>, server: string, gun: string): MetadataSource {
  const base = baseOf(server);
  const { registry, repository } = parseGun(gun);
  return {
    place: base,
    async read(file, options) {
      const url = new URL(`${base}/v2/${gun}/_trust/tuf/${pathOf(file)}.json`);
      try {
        return await client.document({ url, registry, repository, scopeName: gun }, options);
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        if (error.code === 'NOT_FOUND') return undefined;
        if (error.code === 'TOO_LARGE') throw new DctError('DCT_TOO_LARGE', error.message, { cause: error });
        throw error;
      }
    },
  };
}

function baseOf(server: string): string {
  const url = URL.parse(server);
  const isAddress = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (!isAddress || url.username !== '' || url.password !== '')
    throw new DctError(
      'DCT_QUESTION_INVALID',
      'a trust server is named by its address alone, such as https://notary.example.com',
    );
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function pathOf(file: MetadataFile): string {
  return file.sha256 === undefined ? nameOf(file) : `${file.role}.${file.sha256}`;
}
