import { formatReference } from '@signet/oci';
import { type Inventory, type ReadOptions, readImages, WorkloadError } from '@signet/workloads';

/** The inventory of a text. */
export function readText(text: string, options: Partial<ReadOptions> = {}): Inventory {
  return readImages(Buffer.from(text), { file: 'in.yaml', ...options });
}

/** The images of an inventory, folded. */
export function imagesIn({ images }: Pick<Inventory, 'images'>): readonly string[] {
  return images.map(({ reference }) => formatReference(reference));
}

/** `path image` of each image of a text. */
export function pathsOf(text: string, options: Partial<ReadOptions> = {}): readonly string[] {
  return readText(text, options).images.map(({ path, written }) => `${path} ${written}`);
}

/** `CODE severity line:column path` of each problem of a text. */
export function problemsOf(text: string, options: Partial<ReadOptions> = {}): readonly string[] {
  return readText(text, options).problems.map(
    ({ code, severity, place, path }) => `${code} ${severity} ${place.line}:${place.column} ${path}`,
  );
}

/** `CODE line:column` of the error that reading a text ends with. */
export function errorOf(text: string | Uint8Array, options: Partial<ReadOptions> = {}): string {
  try {
    readImages(Buffer.from(text), { file: 'in.yaml', ...options });
  } catch (error) {
    if (!(error instanceof WorkloadError)) throw error;
    return error.place === undefined ? error.code : `${error.code} ${error.place.line}:${error.place.column}`;
  }
  return 'no error';
}
