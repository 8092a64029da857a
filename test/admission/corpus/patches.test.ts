import { readFileSync } from 'node:fs';
import { applyPatch, type Operation } from 'rfc6902';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../packages/admission/src/index.ts';
import { mutateAnswers } from './answers.ts';
import { serveWorld } from './server.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let server: RunningServer;

beforeAll(async () => {
  world = await createWorld();
  server = await serveWorld(world);
});

afterAll(() => server.close());

interface Review {
  readonly request: { readonly object: unknown };
}

function reviewOf(name: string): Review {
  return JSON.parse(readFileSync(new URL(`mutate/${name}.json`, import.meta.url), 'utf8'));
}

async function patchOf(review: Review): Promise<readonly Operation[] | undefined> {
  const response = await fetch(`${server.url}/mutate?timeout=10s`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(review),
  });
  const answer = (await response.json()) as { readonly response: { readonly patch?: string } };
  const { patch } = answer.response;
  return patch === undefined ? undefined : JSON.parse(Buffer.from(patch, 'base64').toString());
}

/** The object with the images of the table, each put at its pointer by hand. */
function pinned(object: unknown, images: Readonly<Record<string, string>>): unknown {
  const copy = structuredClone(object);
  for (const [pointer, image] of Object.entries(images)) {
    const steps = pointer.slice(1).split('/');
    const [last = '', ...way] = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')).reverse();
    const holder = way.reverse().reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], copy);
    const [, name = '', digest = ''] = /^(.*)@(\w+)$/.exec(image) ?? [];
    (holder as Record<string, unknown>)[last] = `${name}@${world.digests[digest]}`;
  }
  return copy;
}

describe('the patches of POST /mutate', () => {
  const pinning = Object.entries(mutateAnswers).flatMap(([name, { pinned: images }]) =>
    images === undefined ? [] : [[name, images] as const],
  );

  it.each(pinning)(
    '%s: applied, it gives the object with its images pinned, and that is left alone',
    async (name, images) => {
      const review = reviewOf(name);
      const object = structuredClone(review.request.object);
      expect(applyPatch(object, [...((await patchOf(review)) ?? [])]).every((failure) => failure === null)).toBe(true);
      expect(object).toEqual(pinned(review.request.object, images));
      expect(await patchOf({ ...review, request: { ...review.request, object } })).toBeUndefined();
    },
  );

  it('do not apply to an object that another webhook changed in the meantime', async () => {
    const review = reviewOf('pod-by-tag');
    const patch = await patchOf(review);
    const object = structuredClone(review.request.object) as { spec: { containers: { image: string }[] } };
    for (const container of object.spec.containers) container.image = 'registry.example.com/other:1';
    const [tested] = applyPatch(object, [...(patch ?? [])]);
    expect(tested).toMatchObject({ name: 'TestError' });
  });
});
