import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, ask } from './serve-faults/ask.ts';
import type { Asked } from './serve-faults/images.ts';
import { createTriedServer, type TriedServer } from './serve-faults/server.ts';
import { createStage, type Stage } from './serve-faults/stage.ts';

/** Moments of a server's life, one by one; serve-faults.test.ts has them under load. */
describe('signet serve', () => {
  let stage: Stage;
  let agent: Agent;
  let good: Asked;

  beforeAll(async () => {
    stage = await createStage();
    agent = new Agent({ connect: { ca: stage.ca.ca } });
    const pinned = stage.images.asked.find(
      ({ rule, truth, isPinned }) => rule === 'prod' && truth === 'signed' && isPinned,
    );
    good = pinned ?? { reference: '', rule: 'none', truth: 'unsigned', isPinned: false };
  });

  afterAll(async () => {
    await agent.close();
    await stage.stop();
  });

  beforeEach(() => stage.registry.behave('healthy'));

  async function started(lifetimes?: readonly string[]): Promise<TriedServer> {
    const server = await createTriedServer(stage, lifetimes);
    await server.start();
    onTestFinished(async () => void (await server.end('SIGKILL')));
    return server;
  }

  const review = (server: TriedServer, image: Asked, timeoutMs = 20_000): Promise<Answer> =>
    ask('/validate', [image], { agent, url: server.url, token: server.token, timeoutMs, fresh: false });

  const isListening = (server: TriedServer): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });

  it('told to end: who is waiting gets an answer, who comes is refused', async () => {
    const server = await started();
    const gate = Promise.withResolvers<void>();
    stage.registry.hold(/\/manifests\/gone-/, gate.promise);
    const host = stage.registry.host;
    const waiting = Array.from({ length: 10 }, (_, at) =>
      review(server, { ...good, reference: `${host}/prod/app:gone-${at}`, isPinned: false }),
    );
    await expect.poll(() => stage.registry.seen.filter((path) => path.includes('/gone-')).length).toBe(10);
    const ended = server.end('SIGTERM');
    await expect.poll(() => isListening(server)).toBe(false);
    gate.resolve();
    for (const answer of await Promise.all(waiting))
      expect(answer).toMatchObject({ status: 200, isAllowed: false, said: [{ verdict: 'undecided' }] });
    expect(await ended).toBe(0);
  });

  it('its clock put forward or back: what was kept is not given any more', async () => {
    const server = await started([]);
    const verdict = async (): Promise<string> => {
      const { isAllowed, said } = await review(server, good, 2000);
      return isAllowed ? 'allowed' : `${said[0]?.verdict}`;
    };
    expect(await verdict()).toBe('allowed');
    await stage.registry.behave('down');
    expect(await verdict()).toBe('allowed');
    await server.moveClock(3_600_000);
    expect(await verdict()).toBe('undecided');
    await server.moveClock(0);
    expect(await verdict()).toBe('undecided');
    await stage.registry.behave('healthy');
    await expect.poll(verdict, { timeout: 20_000 }).toBe('allowed');
    await stage.registry.behave('down');
    await server.moveClock(-3_600_000);
    expect(await verdict()).toBe('undecided');
    await stage.registry.behave('healthy');
    await expect.poll(verdict, { timeout: 20_000 }).toBe('allowed');
  });

  it('its certificate broken: a token that is taken away is no token any more all the same', async () => {
    const server = await started();
    const status = async (token: string): Promise<number> =>
      (await ask('/v1/verify', [good], { agent, url: server.url, token, timeoutMs: 20_000, fresh: false })).status;
    writeFileSync(server.files.tokens, `${server.token}\nanother-token-that-is-good\n`);
    await expect.poll(() => status('another-token-that-is-good'), { timeout: 20_000 }).toBe(200);
    const broken = server.tells('certificate or tokens are broken');
    writeFileSync(server.files.cert, 'none');
    await broken;
    writeFileSync(server.files.tokens, `${server.token}\n`);
    await expect.poll(() => status('another-token-that-is-good'), { timeout: 20_000 }).toBe(401);
    expect(await status(server.token)).toBe(200);
  });

  it('killed while its policy is broken: it does not start again before that is mended', async () => {
    const server = await started();
    const broken = server.tells('policy is broken');
    writeFileSync(server.files.policy, 'version: 1\nrules: [');
    await broken;
    expect((await review(server, good)).isAllowed).toBe(true);
    await server.end('SIGKILL');
    await expect(server.start()).rejects.toThrow('ended before it was ready');
    writeFileSync(server.files.policy, stage.policies.usual.text);
    await server.start();
    expect((await review(server, good)).isAllowed).toBe(true);
  });
});
