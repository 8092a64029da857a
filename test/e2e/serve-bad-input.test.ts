import { beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import type { Outcome } from './serve-bad-input/run.ts';
import { sendBadInput } from './serve-bad-input/run.ts';

/** `npm run trial -- serve-bad-input` sends the same in larger numbers, and looks at the time too. */
describe('what nobody honest sends to signet serve and signet gate docker', () => {
  let outcomes: readonly Outcome[];
  beforeAll(async () => {
    outcomes = await sendBadInput({ connections: 300, pipelined: 500, containers: 5000, isPatient: false });
  }, 300_000);

  it('is answered clearly, each', () => {
    expect(outcomes.length).toBeGreaterThan(150);
    expect(outcomes.flatMap(({ name, fault }) => (fault === undefined ? [] : [`${name}: ${fault}`]))).toEqual([]);
  });

  it('takes no more memory than a server is given', () => {
    expect(Math.max(...outcomes.map(({ memoryMiB }) => memoryMiB))).toBeLessThan(512);
  });
});

describe('what is no call of containerd', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const call = [
    '-name',
    'r.example/app:1',
    '-digest',
    digest,
    '-stdin-media-type',
    'application/vnd.oci.descriptor.v1+json',
  ];
  const good = JSON.stringify({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 });

  it.each<readonly [string, string | Uint8Array, readonly string[]]>([
    ['no input', '', call],
    ['10 MB', Buffer.alloc(10 * 1024 * 1024, ' '), call],
    ['a descriptor and 10 MB', good + ' '.repeat(10 * 1024 * 1024), call],
    ['lists in one another', '['.repeat(500_000), call],
    ['bytes that are no text', Buffer.alloc(1000, 0xff), call],
    ['a digest twice', good.replace('{', `{"digest":"sha256:${'b'.repeat(64)}",`), call],
    ['another digest', good.replaceAll('a'.repeat(64), 'b'.repeat(64)), call],
    ['a list', `[${good}]`, call],
    ['two descriptors', good + good, call],
    ['an argument twice', good, [...call, '-digest', digest]],
    ['an argument more', good, [...call, '-force']],
    ['a name of 100,000 letters', good, call.with(1, `r.example/${'x'.repeat(100_000)}`)],
    ['a name with a line end', good, call.with(1, 'r.example/app:1\n')],
    ['an image id for a name', good, call.with(1, digest)],
    ['a digest in capitals', good, call.with(3, digest.toUpperCase())],
    ['another type of input', good, call.with(5, 'application/json')],
  ])('is refused with a reason: %s', async (_what, input, args) => {
    const done = await signet(['gate', 'containerd', '--policy', '/nowhere/policy.yaml', '--', ...args], { input });
    expect([2, 3]).toContain(done.code);
    expect(done.stdout).toMatch(/^error\[[A-Z_]+\]: /);
    // The policy is not even looked for.
    expect(done.stdout).not.toContain('nowhere');
  });
});
