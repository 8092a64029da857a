import { DctError } from './errors.ts';
import { dctLimits } from './limits.ts';
import { type MetadataFile, type MetadataSource, nameOf } from './source.ts';

/** Reads the files of one question, and counts their bytes. */
export interface Reader {
  /** Undefined where the file is not there. @throws what the source throws; {DctError} DCT_TOO_LARGE */
  find(file: MetadataFile): Promise<Uint8Array | undefined>;
  /** The error for a file that is not there. */
  missing(file: MetadataFile): DctError;
}

export function createReader(source: MetadataSource, signal: AbortSignal | undefined): Reader {
  let left = dctLimits.maxTotalBytes;
  return {
    async find(file) {
      const maxBytes = Math.min(left, file.role === 'timestamp' ? dctLimits.maxTimestampBytes : dctLimits.maxFileBytes);
      const bytes = await source.read(file, { maxBytes, ...(signal === undefined ? {} : { signal }) });
      left -= bytes?.length ?? 0;
      return bytes;
    },
    missing: (file) => new DctError('DCT_FILE_MISSING', `${nameOf(file)}.json is not in ${source.place}`),
  };
}
