import { createReadStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { CliError } from '../errors.ts';
import { topLevelName } from './entry-name.ts';
import { badSource, maxPluginBytes, type Staging } from './staging.ts';

/** Headers and padding come on top of the files. */
const maxTarBytes: number = maxPluginBytes + 4 * 1024 * 1024;

/**
 * The files at the top of a `.tar.gz`: nothing but folders and regular files may be in it, and nothing that lies elsewhere. Bounded in what it
 * unpacks to.
 * @throws {CliError} PLUGIN_SOURCE, FILE_UNWRITABLE
 */
export async function readTarGz(path: string, staging: Staging): Promise<void> {
  const file = createReadStream(path);
  const unzipped = createGunzip();
  const bounded = limit(maxTarBytes);
  // Whatever breaks first ends the others: the reader is told by the last of them.
  file.on('error', (error) => unzipped.destroy(error));
  unzipped.on('error', (error) => bounded.destroy(error));
  try {
    const bytes = Readable.toWeb(file.pipe(unzipped).pipe(bounded)) as ReadableStream<Uint8Array>;
    for await (const entry of bytes.pipeThrough(createTarDecoder({ strict: true }))) await take(entry, staging);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw badSource(`no .tar.gz that can be read: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    file.destroy();
    unzipped.destroy();
    bounded.destroy();
  }
}

async function take({ header, body }: ParsedTarEntry, staging: Staging): Promise<void> {
  const { name: path, type = 'file', mode = 0 } = header;
  const name = topLevelName(path);
  if (type !== 'file' && type !== 'directory')
    throw badSource(`${JSON.stringify(path.slice(0, 200))} is no regular file, but a ${type}`);
  if (type === 'directory' || name === undefined) {
    staging.skip();
    await body.cancel();
    return;
  }
  await staging.write(name, body, (mode & 0o111) !== 0);
}

function limit(maxBytes: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) done(badSource(`it unpacks to more than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}
