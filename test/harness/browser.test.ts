import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openInBrowser } from '../support/browser.ts';
import { itWithPeers, needPeer } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';

itWithPeers(['chromium'], 'the browser tells what a page asks for, throws and is refused', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = Object(server.address());
  const path = join(tempDir(), 'page.html');
  writeFileSync(
    path,
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="style-src 'none'"><p style="color: red">x</p>
<img src="http://127.0.0.1:${port}/picture"><script>console.error('said'); throw new Error('thrown');</script>`,
  );
  const page = await openInBrowser(needPeer('chromium'), path);
  try {
    expect(await page.evaluate('document.images.length')).toBe(1);
    expect(page.requests().slice(1)).toEqual([`http://127.0.0.1:${port}/picture`]);
    expect(asked).toEqual(['/picture']);
    const complaints = page.complaints().join('\n');
    for (const what of ['said', 'thrown', 'Content Security Policy', '404']) expect(complaints).toContain(what);
    await expect(page.evaluate('nothing.of.the.kind')).rejects.toThrow('ReferenceError');
  } finally {
    await page.close();
    server.close();
  }
  await expect(page.evaluate('1')).rejects.toThrow('has ended');
});

itWithPeers(['chromium'], 'a file that is not there is an error', async () => {
  await expect(openInBrowser(needPeer('chromium'), join(tempDir(), 'none.html'))).rejects.toThrow('ERR_FILE_NOT_FOUND');
});
