import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNotifier, type NotifierOptions } from '../../../packages/admission/src/index.ts';

const secret = 'sixteen-characters-or-more';
let server: Server;
let url: string;
/** What the receiver got, and what it answers in turn; after these 204. */
let received: { readonly body: string; readonly headers: IncomingHttpHeaders }[];
let answers: number[];
let results: string[];

beforeEach(async () => {
  received = [];
  answers = [];
  results = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ body: Buffer.concat(chunks).toString(), headers: request.headers });
      const status = answers.shift() ?? 204;
      response.writeHead(status, status === 302 ? { location: `${url}/elsewhere` } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function notifier(changes: Partial<NotifierOptions> = {}) {
  const onDone: NotifierOptions['onDone'] = (result, why) =>
    void results.push(why === undefined ? result : `${result}: ${why}`);
  return createNotifier({ url, secret, retryMs: [1, 1], onDone, ...changes });
}

describe('createNotifier', () => {
  it('sends a message with a signature over time and body', async () => {
    notifier().send({ event: 'push' });
    await vi.waitFor(() => expect(results).toEqual(['delivered']));
    const [{ body, headers } = { body: '', headers: {} }] = received;
    expect(JSON.parse(body)).toMatchObject({ event: 'push', id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const mac = createHmac('sha256', secret).update(`${headers['x-signet-timestamp']}.${body}`).digest('hex');
    expect(headers['x-signet-signature']).toBe(`sha256=${mac}`);
    expect(Math.abs(Number(headers['x-signet-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    expect(headers['content-type']).toBe('application/json');
  });

  it('tries again where that can help, with the same message, and then gives up', async () => {
    answers = [503, 429];
    notifier().send({});
    await vi.waitFor(() => expect(results).toEqual(['delivered']));
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(received).toHaveLength(3);
    answers = [500, 500, 500];
    notifier().send({});
    await vi.waitFor(() => expect(results).toEqual(['delivered', 'failed: the receiver answers 500']));
    expect(received).toHaveLength(6);
  });

  it('does not try again what the receiver refuses, and follows no redirect', async () => {
    answers = [400];
    notifier().send({});
    await vi.waitFor(() => expect(results).toEqual(['failed: the receiver answers 400']));
    answers = [302, 302, 302];
    notifier().send({});
    await vi.waitFor(() => expect(results[1]).toContain('cannot be reached'));
    expect(received).toHaveLength(4);
  });

  it('gives up where nobody listens', async () => {
    server.close();
    await vi.waitFor(() => expect(server.listening).toBe(false));
    notifier().send({});
    await vi.waitFor(() => expect(results[0]).toMatch(/^failed: the receiver cannot be reached: .*ECONNREFUSED/));
  });

  it('drops messages where too many wait, instead of making anybody wait', async () => {
    answers = Array.from({ length: 2000 }, () => 500);
    const busy = notifier({ retryMs: [60_000] });
    for (let at = 0; at < 1010; at += 1) busy.send({});
    expect(results.filter((result) => result === 'dropped')).toHaveLength(8);
    await busy.close();
  });

  it('gives up what is not delivered when it is closed', async () => {
    answers = [500];
    const closing = notifier({ retryMs: [60_000] });
    closing.send({});
    await vi.waitFor(() => expect(received).toHaveLength(1));
    await closing.close();
    expect(results).toHaveLength(1);
    expect(results[0]).toMatch(/^failed: /);
  });

  it.each([
    'http://r.example/',
    'ftp://127.0.0.1/',
    'https://u:p@r.example/',
    'no address',
    'http://127.0.0.1.evil.example/',
  ])('takes no unsafe address: %s', (address) => expect(() => notifier({ url: address })).toThrow(/must be https/));

  it('takes no secret that is too short', () => {
    expect(() => notifier({ secret: 'short' })).toThrow(/fewer than 16/);
    expect(() => notifier({ url: 'https://r.example/hook' })).not.toThrow();
  });
});
