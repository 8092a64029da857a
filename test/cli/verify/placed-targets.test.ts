import { readImages } from '@signet/workloads';
import { describe, expect, it } from 'vitest';
import { placedTargets } from '../../../packages/cli/src/verify/placed-targets.ts';

const pod = (name: string, image: string) => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop }
spec: { containers: [ { name: app, image: "${image}" } ] }
`;
const targets = (...documents: readonly string[]) =>
  placedTargets(readImages(Buffer.from(documents.join('---\n')), { file: 'a.yaml' }).images);

describe('placedTargets', () => {
  it('has each image once, whatever its spelling, with all its places', () => {
    expect(
      targets(pod('one', 'nginx'), pod('two', 'r.example/a:1'), pod('three', 'docker.io/library/nginx:latest')),
    ).toEqual([
      {
        text: 'docker.io/library/nginx:latest',
        uses: [
          { place: { file: 'a.yaml', line: 4, column: 43 }, within: 'Pod shop/one, container app' },
          { place: { file: 'a.yaml', line: 14, column: 43 }, within: 'Pod shop/three, container app' },
        ],
      },
      {
        text: 'r.example/a:1',
        uses: [{ place: { file: 'a.yaml', line: 9, column: 43 }, within: 'Pod shop/two, container app' }],
      },
    ]);
  });

  it('takes an image asked for another platform for another image', () => {
    const [one] = readImages(Buffer.from(pod('one', 'nginx')), { file: 'a.yaml' }).images;
    if (one === undefined) throw new RangeError('no image');
    const both = placedTargets([one, { ...one, platform: 'linux/arm64' }]);
    expect(both.map(({ platform }) => platform)).toEqual([undefined, 'linux/arm64']);
  });
});
