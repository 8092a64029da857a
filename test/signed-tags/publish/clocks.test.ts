import { digestOf, type Store } from '@signet/oci';
import { memoryPlace, publish, stage } from '@signet/signed-tags';
import { expect, it } from 'vitest';
import { collection, imageDigest, world } from './world.ts';

const minuteMs = 60_000;

it('a statement from the future does not stand in the way of one beside it', async () => {
  const { writer, sign, clock, read } = await world();
  const [now, later] = [await sign('v1', 'a'), await sign('v1', 'a', { atMs: clock.nowMs + 60 * minuteMs })];
  if (now.kind !== 'sign' || later.kind !== 'sign') expect.fail();
  const both = { ...now, statements: [...now.statements, ...later.statements] };
  const result = await publish(writer({ operations: [both], allowCold: true }));
  expect(result).toMatchObject({ outcome: 'published', operations: [{ atMs: clock.nowMs }] });
  expect((await read()).digestOf('v1')).toBe(imageDigest('a'));
});

it('nor does a removal or a revocation', async () => {
  const { writer, remove, revoke, sign, clock, read } = await world();
  const operations = [await sign('v1', 'a', { atMs: clock.nowMs - 1 })];
  for (const atMs of [clock.nowMs, clock.nowMs + 60 * minuteMs])
    operations.push(await remove('v1', { atMs }), await revoke('bad', { atMs }));
  await publish(writer({ operations, allowCold: true }));
  const { catalogue, content } = await read();
  expect(catalogue.revoked.get(digestOf(Buffer.from('bad')))?.atMs).toBe(clock.nowMs);
  expect(content.tags.get('v1')).toMatchObject({ removedMs: clock.nowMs, entries: [] });
});

it('what a head says it holds is read all the same where the head does not count', async () => {
  const { writer, sign, revoke, clock, read } = await world();
  const slow = writer({ state: memoryPlace(), allowCold: true });
  await publish(slow);
  await publish(writer({ operations: [await revoke('bad')], allowCold: true, now: () => clock.nowMs + 12 * minuteMs }));
  expect(await publish({ ...slow, operations: [await sign('v1', 'a')] })).toMatchObject({ outcome: 'published' });
  const { catalogue, digestOf } = await read();
  expect([...catalogue.revoked.keys()]).toEqual([imageDigest('bad')]);
  expect(digestOf('v1')).toBe(imageDigest('a'));
});

it('a writer whose clock is behind goes on from the head of one whose clock is ahead, and issues after it', async () => {
  const { writer, sign, clock, read } = await world();
  const writerAt = (offsetMs: number, more: Partial<Parameters<typeof writer>[0]>) =>
    writer({ state: memoryPlace(), allowCold: true, now: () => clock.nowMs + offsetMs, ...more });
  const ahead = await publish(writerAt(5 * minuteMs - 1000, { operations: [await sign('v1', 'a')] }));
  const behind = await publish(writerAt(1000 - 5 * minuteMs, { operations: [await sign('v2', 'b')] }));
  expect(behind.head?.issuedMs).toBe((ahead.head?.issuedMs ?? 0) + 1);
  const { digestOf: named } = await read();
  expect([named('v1'), named('v2')]).toEqual([imageDigest('a'), imageDigest('b')]);
});

it('a run that stood still for an hour does not take for the future what was recorded meanwhile', async () => {
  const made = await world();
  const { store, writer, clock, sign, remove, read } = made;
  const record = async (atMs: number): Promise<void> => {
    const operations = [await remove('v1', { atMs })];
    await stage({ ...writer(), collection, operations });
  };
  await publish(writer({ operations: [await sign('v1', 'a')], allowCold: true }));
  await record(clock.nowMs + 1);
  let isFirst = true;
  const slow: Store = {
    ...store,
    // Its answer comes after an hour in which others went on.
    async *tags(options) {
      if (isFirst) {
        isFirst = false;
        clock.nowMs += 60 * minuteMs;
        await record(clock.nowMs);
      }
      yield* store.tags(options);
    },
  };
  await publish(writer({ store: slow, operations: [], allowCold: true }));
  await publish(writer({ operations: [], allowCold: true }));
  expect((await read()).content.tags.get('v1')?.removedMs).toBe(clock.nowMs);
});
