import { chmodSync, chownSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkedSocket } from '../../../packages/cli/src/gate/checked-socket.ts';
import { tempDir } from '../../support/temp.ts';

const thrown = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

async function socketIn(folder: string): Promise<string> {
  const path = join(folder, 's');
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((done) => void server.listen(path, done));
  return path;
}

describe.runIf(process.platform !== 'win32')('a socket whose server is believed', () => {
  it('is one of this user, in a folder of this user; a link leads to it', async () => {
    const folder = tempDir();
    const path = await socketIn(folder);
    expect(checkedSocket(path)).toBe(path);
    symlinkSync(path, join(folder, 'link'));
    expect(checkedSocket(join(folder, 'link'))).toBe(path);
  });

  it('may be missing: then nobody answers', () => {
    const path = join(tempDir(), 'none/s');
    expect(checkedSocket(path)).toBe(path);
  });

  it('is no file', () => {
    const path = join(tempDir(), 'file');
    writeFileSync(path, '');
    expect(thrown(() => checkedSocket(path))).toBe('SOCKET_UNSAFE');
    expect(thrown(() => checkedSocket(join(path, 's')))).toBe('FILE_UNREADABLE');
  });

  it('does not lie where others could put another in its place', async () => {
    const folder = tempDir();
    const path = await socketIn(folder);
    chmodSync(folder, 0o777);
    expect(thrown(() => checkedSocket(path))).toBe('SOCKET_UNSAFE');
    chmodSync(folder, 0o1777);
    expect(checkedSocket(path)).toBe(path);
  });

  it.runIf(process.getuid?.() === 0)('is nobody else’s', async () => {
    const path = await socketIn(tempDir());
    chownSync(path, 12_345, 12_345);
    expect(thrown(() => checkedSocket(path))).toBe('SOCKET_UNSAFE');
  });
});
