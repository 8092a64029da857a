import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@signet/oci';
import { pinImages } from '@signet/workloads';
import { describe, expect, it } from 'vitest';
import type { InputFile } from '../../../packages/cli/src/inputs/read-inventory.ts';
import { createFileSink } from '../../../packages/cli/src/pin/file-sink.ts';
import { createTextSink } from '../../../packages/cli/src/pin/text-sink.ts';
import { writePins } from '../../../packages/cli/src/pin/write-pins.ts';
import { tempDir } from '../../support/temp.ts';
import { createWorld } from '../world.ts';

const digest = digestOf(Buffer.from('an image'));
const output = { form: 'text', json: false, quiet: false, verbose: false, color: false } as const;
const text = 'services: {a: {image: app}}\n';
const asRead = (path: string): InputFile => ({ path, digest: digestOf(readFileSync(path)) });

/** A folder with this text in each file, as it was read. */
function inputs(...names: readonly string[]): { readonly dir: string; readonly files: readonly InputFile[] } {
  const dir = tempDir();
  for (const name of names) writeFileSync(join(dir, name), text);
  return { dir, files: names.map((name) => asRead(join(dir, name))) };
}

describe('writePins', () => {
  const write = (files: readonly InputFile[], said: string[] = []) => {
    const sink = createFileSink(({ use }) => void said.push(use.place.file));
    return writePins({ files, reading: {} }, () => digest, { io: createWorld(), output, sink, allowUnpinned: false });
  };

  it('puts the digests into all files', async () => {
    const { dir, files } = inputs('a.yaml', 'b.yaml');
    const said: string[] = [];
    expect(await write(files, said)).toBe(0);
    expect(readFileSync(join(dir, 'b.yaml'), 'utf8')).toBe(text.replace('app', `app@${digest}`));
    expect(said).toEqual([join(dir, 'a.yaml'), join(dir, 'b.yaml')]);
  });

  it.each([
    ['was changed since', (path: string) => writeFileSync(path, `${text}\n`), 'FILE_UNWRITABLE'],
    ['is gone', (path: string) => rmSync(path), 'FILE_UNREADABLE'],
  ])('writes nothing where a file %s', async (_what, change, code) => {
    const { dir, files } = inputs('a.yaml', 'b.yaml');
    change(join(dir, 'b.yaml'));
    await expect(write(files)).rejects.toMatchObject({ code });
    expect(readFileSync(join(dir, 'a.yaml'), 'utf8')).toBe(text);
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('stops between files when it is interrupted', async () => {
    const { dir, files } = inputs('a.yaml');
    const io = createWorld({ signal: AbortSignal.abort() });
    const sink = createFileSink(() => undefined);
    await expect(
      writePins({ files, reading: {} }, () => digest, { io, output, sink, allowUnpinned: false }),
    ).rejects.toThrow();
    expect(readFileSync(join(dir, 'a.yaml'), 'utf8')).toBe(text);
  });
});

describe('the file sink', () => {
  it('leaves nothing of what was made ready where a later file cannot be written', async () => {
    const { dir, files } = inputs('a.yaml', 'b.yaml');
    const sink = createFileSink(() => undefined);
    const before = Buffer.from(text);
    const pinned = { ...pinImages(before, { file: 'a.yaml', digestOf: () => digest }), before };
    const [first, second] = files;
    if (first === undefined || second === undefined) throw new RangeError('two files');
    await sink.add(first, pinned);
    expect(readdirSync(dir)).toHaveLength(3);
    rmSync(second.path);
    await expect(sink.add(second, pinned)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await sink.discard();
    expect(readdirSync(dir)).toEqual(['a.yaml']);
  });
});

describe('the text sink', () => {
  it('lets nothing onto a terminal that moves the cursor; elsewhere bytes stay', async () => {
    const shown = '\uFEFFa:\t1\r\nb: \u001b[2J\rc\u202e\n';
    const show = async (tty: boolean): Promise<string> => {
      const world = createWorld({ tty });
      const sink = createTextSink(world.stdout, () => shown);
      const before = Buffer.from(text);
      await sink.add(
        { path: '-', digest, bytes: before },
        { ...pinImages(before, { file: '-', digestOf: () => undefined }), before },
      );
      await sink.commit();
      return world.out();
    };
    expect(await show(false)).toBe(shown);
    expect(await show(true)).toBe('\\u{feff}a:\t1\r\nb: \\u{1b}[2J\\u{d}c\\u{202e}\n');
  });
});
