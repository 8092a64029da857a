import { WorkloadError } from './errors.ts';
import type { WorkloadLimits } from './limits.ts';

/**
 * The text of an input. Encoding it again gives the same bytes, which editing relies on: a byte order mark stays.
 * @throws {WorkloadError} WORKLOAD_TOO_LARGE, WORKLOAD_MALFORMED
 */
export function decodeInput(bytes: Uint8Array, file: string, limits: WorkloadLimits): string {
  if (bytes.length > limits.maxBytes)
    throw new WorkloadError('WORKLOAD_TOO_LARGE', `larger than ${limits.maxBytes} bytes`, { place: startOf(file) });
  const text = decode(bytes, file);
  const zero = text.indexOf('\0');
  if (zero !== -1)
    throw new WorkloadError('WORKLOAD_MALFORMED', 'not text: it has a zero byte', { place: startOf(file) });
  return text;
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new WorkloadError('WORKLOAD_MALFORMED', 'not text in UTF-8', { place: startOf(file), cause });
  }
}

function startOf(file: string): NonNullable<WorkloadError['place']> {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 1, offset: 0, endOffset: 0 };
}
