import { RegistryError } from '@signet/oci';
import { DctError } from './errors.ts';
import { dctLimits } from './limits.ts';
import { type MetadataFile, type MetadataSource, nameOf } from './source.ts';

/** Reads the files of one question, and counts their bytes. */
export interface Reader {
  /** Undefined where the file is not there. @throws what the source throws; {RegistryError} TIMEOUT */
  find(file: MetadataFile): Promise<Uint8Array | undefined>;
  /** The error for a file that is not there. */
  missing(file: MetadataFile): DctError;
}

/** How long all reading may take, and what ends it before. */
export interface ReaderBounds {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export function createReader(source: MetadataSource, { timeoutMs, signal }: ReaderBounds): Reader {
  const limit = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  let left = dctLimits.maxTotalBytes;
  return {
    async find(file) {
      const maxBytes = Math.min(left, file.role === 'timestamp' ? dctLimits.maxTimestampBytes : dctLimits.maxFileBytes);
      const bytes = await source.read(file, { maxBytes, signal: either }).catch((cause: unknown) => {
        if (!limit.aborted || signal?.aborted === true) throw cause;
        throw new RegistryError('TIMEOUT', `${source.place}: ${nameOf(file)}.json did not come in time`, { cause });
      });
      left -= bytes?.length ?? 0;
      return bytes;
    },
    missing: (file) => new DctError('DCT_FILE_MISSING', `${nameOf(file)}.json is not in ${source.place}`),
  };
}
