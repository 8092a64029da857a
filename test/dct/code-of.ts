import { DctError } from '@signet/dct';

/** The code that the promise fails with; `resolved` when it does not; anything but a DctError is thrown on. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    if (error instanceof DctError) return error.code;
    throw error;
  }
}

/** The code that the call throws, as {@link codeOf}. */
export function thrownCode(call: () => unknown): string {
  try {
    call();
    return 'returned';
  } catch (error) {
    if (error instanceof DctError) return error.code;
    throw error;
  }
}
