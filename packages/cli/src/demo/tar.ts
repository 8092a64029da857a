/** A file in a layer. */
export interface TarFile {
  /** At most 100 bytes, without a leading slash. */
  readonly path: string;
  readonly text: string;
  readonly executable?: boolean;
}

const blockBytes = 512;

/** A tar archive (ustar) with these files, the same bytes each time: no owner, no time. Rule: POSIX.1-1988 ustar. */
export function createTar(files: readonly TarFile[]): Uint8Array {
  const entries = files.flatMap((file) => {
    const content = Buffer.from(file.text, 'utf8');
    return [
      header(file, content.length),
      content,
      Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes),
    ];
  });
  return Buffer.concat([...entries, Buffer.alloc(2 * blockBytes)]);
}

function header(file: TarFile, size: number): Uint8Array {
  const block = Buffer.alloc(blockBytes);
  block.write(file.path, 0, 100, 'utf8');
  block.write(file.executable === true ? '0000755\0' : '0000644\0', 100, 'ascii');
  block.write('0000000\0'.repeat(2), 108, 'ascii'); // owner and group: root
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'ascii');
  block.write(`${'0'.repeat(11)}\0`, 136, 'ascii'); // modified: 1970
  block.write('        ', 148, 'ascii'); // the checksum is computed over blanks here
  block.write('0ustar\u000000', 156, 'ascii');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
}
