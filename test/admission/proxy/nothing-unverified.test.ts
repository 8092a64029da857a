import {
  type Digest,
  digestOf,
  fallbackTag,
  isIndexMediaType,
  isManifestMediaType,
  MEDIA_TYPE_MANIFEST,
  parseManifest,
  partsOf,
  type Resolved,
  toDescriptorJson,
} from '@signet/oci';
import type { Policy } from '@signet/verifier';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { policyOf } from '../../verifier/policies.ts';
import { alice, mallory, type ProxyWorld, startProxyWorld } from './world.ts';

const repositories = ['app', 'other'] as const;
type Name = (typeof repositories)[number];
const proofType = 'application/vnd.dsse.envelope.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';
const minute = 60_000;

/** What may happen; numbers choose among what is there by then. */
type Step =
  | {
      readonly do: 'image' | 'index' | 'artifact' | 'list';
      readonly in: Name;
      readonly tag: number;
      readonly of: number;
      readonly odd: boolean;
    }
  | { readonly do: 'sign'; readonly in: Name; readonly of: number; readonly by: 'alice' | 'mallory' }
  | { readonly do: 'move'; readonly in: Name; readonly of: number; readonly tag: number }
  | { readonly do: 'policy'; readonly which: number; readonly of: number }
  | { readonly do: 'later'; readonly minutes: number }
  | {
      readonly do: 'pull';
      readonly in: Name;
      readonly what: 'tag' | 'manifest' | 'blob';
      readonly of: number;
      readonly head: boolean;
      readonly range: boolean;
    };

const name = fc.constantFrom(...repositories);
const choice = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('image', 'index', 'artifact', 'list'),
      in: name,
      tag: fc.nat(3),
      of: choice,
      odd: fc.boolean(),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('sign'),
      in: name,
      of: choice,
      by: fc.constantFrom('alice', 'mallory'),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('move'), in: name, of: choice, tag: fc.nat(3) }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('policy'), which: fc.nat(4), of: choice }) as fc.Arbitrary<Step>,
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('later'), minutes: fc.constantFrom(1, 60) }) as fc.Arbitrary<Step>,
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('pull'),
      in: name,
      what: fc.constantFrom('tag', 'manifest', 'blob'),
      of: choice,
      head: fc.boolean(),
      range: fc.boolean(),
    }) as fc.Arbitrary<Step>,
  },
);

type PushStep = Extract<Step, { readonly tag: number; readonly odd: boolean }>;

/** What is known of one repository: all that was ever pushed, and who signed what. */
class Known {
  readonly manifests: Resolved[] = [];
  readonly signed = new Map<Digest, Set<'alice' | 'mallory'>>();
  readonly tags = new Map<string, Resolved>();

  get blobs(): readonly Digest[] {
    return this.manifests.flatMap((each) => partsOf(parseManifest(each.bytes)).map(({ digest }) => digest));
  }

  find(digest: Digest): Resolved | undefined {
    return this.manifests.find(({ descriptor }) => descriptor.digest === digest);
  }
}

/** The rules as the oracle sees them. */
interface Law {
  readonly trusts: 'alice' | 'mallory' | 'nobody asked';
  readonly refused: ReadonlySet<Digest>;
}

/** What may be served of a repository: by its signatures, by what they name, and as proofs. */
function allowedOf(known: Known, { trusts, refused }: Law): ReadonlySet<Digest> {
  const allowed = new Set<Digest>();
  const take = (resolved: Resolved): void => {
    const { digest } = resolved.descriptor;
    if (allowed.has(digest)) return;
    allowed.add(digest);
    const isIndex = isIndexMediaType(resolved.descriptor.mediaType);
    for (const part of partsOf(parseManifest(resolved.bytes))) {
      const child = isIndex ? known.find(part.digest) : undefined;
      if (child !== undefined) take(child);
      if (isIndex || !isManifestMediaType(part.mediaType)) allowed.add(part.digest);
    }
  };
  for (const each of known.manifests) {
    const { digest } = each.descriptor;
    const manifest = parseManifest(each.bytes);
    const children = manifest.kind === 'index' ? manifest.manifests.map((child) => child.digest) : [];
    const isRefused = [digest, ...children].some((one) => refused.has(one));
    const isSigned = trusts === 'nobody asked' || known.signed.get(digest)?.has(trusts) === true;
    if (isSigned && !isRefused) take(each);
    const isProof =
      manifest.kind === 'manifest' &&
      manifest.layers.length > 0 &&
      manifest.layers.every(({ mediaType }) => isProofType(mediaType));
    if (isProof && !refused.has(digest)) take(each);
    // A list of proofs is given as it is; what it names is not.
    if (manifest.kind === 'index' && [...known.tags].some(([tag, at]) => tag.startsWith('sha256-') && at === each))
      allowed.add(digest);
  }
  return allowed;
}

const isProofType = (mediaType: string): boolean =>
  mediaType === proofType || mediaType === 'application/vnd.dev.sigstore.bundle.v0.3+json';

class Play {
  readonly world: ProxyWorld;
  readonly known: Readonly<Record<Name, Known>> = { app: new Known(), other: new Known() };
  law: Law = { trusts: 'alice', refused: new Set() };
  private policies = 0;
  private count = 0;
  private readonly later: (ms: number) => void;
  served = 0;

  constructor(world: ProxyWorld, later: (ms: number) => void) {
    this.world = world;
    this.later = later;
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'policy':
        return this.usePolicy(next);
      case 'later':
        return this.later(next.minutes * minute);
      case 'pull':
        return await this.pull(next);
      case 'sign':
        return await this.sign(next);
      case 'move': {
        const target = this.manifestOf(next.in, next.of);
        if (target !== undefined) await this.tag(next.in, `t${next.tag}`, target);
        return;
      }
      default:
        return await this.push(next);
    }
  }

  private async push(next: PushStep): Promise<void> {
    const known = this.known[next.in];
    const other = this.manifestOf(next.in, next.of);
    this.count += 1;
    const made = await this.made(next, known, other);
    known.manifests.push(made);
    const tag = next.do === 'list' && other !== undefined ? fallbackTag(other.descriptor.digest) : `t${next.tag}`;
    await this.tag(next.in, tag, made);
  }

  private async made(next: PushStep, { manifests }: Known, other: Resolved | undefined): Promise<Resolved> {
    const repository = this.world.repository(next.in);
    const descriptors = manifests.map(({ descriptor }) => descriptor);
    switch (next.do) {
      case 'image':
        return await repository.image(`content ${next.odd ? this.count : next.of % 4}`);
      case 'index':
        return await repository.index(descriptors.slice(-3));
      case 'list':
        return await repository.index(descriptors.slice(0, 3));
      case 'artifact':
        return await this.artifact(next, other ?? (await repository.image('other')));
    }
  }

  /** A proof, or nearly one; an odd one calls an image's manifest its config or its layer. */
  private async artifact({ in: inside, of, odd }: PushStep, other: Resolved): Promise<Resolved> {
    const repository = this.world.repository(inside);
    const config = await repository.blob(`{"n":${this.count % 6}}`, 'application/json');
    const own = await repository.blob(`proof ${this.count % 5}`, proofType);
    const { digest, size } = other.descriptor;
    const posing = { mediaType: of % 2 === 0 ? MEDIA_TYPE_MANIFEST : proofType, digest, size };
    const layers = [odd && of % 3 === 0 ? posing : own, ...(of % 5 === 0 ? [{ ...config, mediaType: layerType }] : [])];
    return await repository.manifest({
      config: toDescriptorJson(odd ? posing : config),
      layers: layers.map(toDescriptorJson),
    });
  }

  private async tag(inside: Name, tag: string, target: Resolved): Promise<void> {
    await this.world.repository(inside).store.tag(target, tag);
    this.known[inside].tags.set(tag, target);
  }

  private async sign(next: Extract<Step, { readonly do: 'sign' }>): Promise<void> {
    const target = this.manifestOf(next.in, next.of);
    if (target === undefined) return;
    const known = this.known[next.in];
    const proof = await this.world.repository(next.in).sign(target, next.by === 'alice' ? alice : mallory);
    known.manifests.push(proof);
    known.signed.set(target.descriptor.digest, (known.signed.get(target.descriptor.digest) ?? new Set()).add(next.by));
  }

  private usePolicy({ which, of }: Extract<Step, { readonly do: 'policy' }>): void {
    const refused = which === 3 ? this.manifestOf('app', of)?.descriptor.digest : undefined;
    this.law = {
      trusts: which === 1 ? 'mallory' : which === 2 ? 'nobody asked' : 'alice',
      refused: new Set(refused === undefined ? [] : [refused]),
    };
    this.policies += 1;
    this.world.judge.usePolicy(policyFor(this.law, this.policies));
  }

  /** Whatever is given is what it says to be, and may be given. */
  private async pull({ in: inside, what, of, head, range }: Extract<Step, { readonly do: 'pull' }>): Promise<void> {
    const known = this.known[inside];
    // What another repository has is asked for as well.
    const elsewhere = this.known[of % 4 === 0 ? (inside === 'app' ? 'other' : 'app') : inside];
    const references = {
      tag: [...known.tags.keys()],
      manifest: elsewhere.manifests.map(({ descriptor }) => descriptor.digest),
      blob: [...elsewhere.blobs, ...elsewhere.manifests.map(({ descriptor }) => descriptor.digest)],
    }[what];
    const reference = references[of % Math.max(1, references.length)];
    if (reference === undefined) return;
    const allowed = allowedOf(known, this.law);
    const got = await this.world.get(`/v2/${inside}/${what === 'blob' ? 'blobs' : 'manifests'}/${reference}`, {
      method: head ? 'HEAD' : 'GET',
      ...(range && what === 'blob' ? { headers: { range: 'bytes=0-' } } : {}),
    });
    expect([200, 206, 403, 404, 416]).toContain(got.status);
    if (got.status !== 200 && got.status !== 206) return;
    this.served += 1;
    const digest = got.headers.get('docker-content-digest') as Digest;
    if (!head) expect(digestOf(got.bytes)).toBe(digest);
    if (what !== 'tag') expect(digest).toBe(reference);
    expect(allowed.has(digest), `${inside} ${what} ${reference} under ${this.law.trusts}`).toBe(true);
  }

  /** What is signed can be had in the end. */
  async end(): Promise<void> {
    this.later(60 * minute);
    for (const inside of repositories) {
      this.world.judge.forget(`r.example/${inside}`);
      const known = this.known[inside];
      for (const [tag, target] of known.tags) {
        const { digest } = target.descriptor;
        const trusted = this.law.trusts === 'alice' && known.signed.get(digest)?.has('alice') === true;
        if (!trusted || this.law.refused.size > 0) continue;
        const got = await this.world.get(`/v2/${inside}/manifests/${tag}`);
        expect([got.status, got.headers.get('docker-content-digest')], `${inside}:${tag}`).toEqual([200, digest]);
      }
    }
  }

  private manifestOf(inside: Name, of: number): Resolved | undefined {
    const { manifests } = this.known[inside];
    return manifests[of % Math.max(1, manifests.length)];
  }
}

function policyFor({ trusts, refused }: Law, revision: number): Policy {
  const mode = trusts === 'nobody asked' ? { mode: 'skip' as const } : {};
  return policyOf(
    trusts === 'mallory' ? mallory : alice,
    { 'r.example/**': mode },
    {
      refuse: { digests: refused, keyIds: new Set(), keys: [] },
      revision: `${revision}`.padStart(64, '0'),
    },
  );
}

const numRuns = 25;

it('nothing is ever given that is not verified, named by what is, or a proof', { timeout: 120_000 }, async () => {
  let served = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      let nowMs = Date.UTC(2026, 10, 1);
      const world = await startProxyWorld({ judge: { now: () => nowMs } });
      try {
        const play = new Play(world, (ms) => {
          nowMs += ms;
        });
        for (const each of steps) await play.take(each);
        await play.end();
        served += play.served;
      } finally {
        await world.proxy.close();
      }
    }),
    { numRuns },
  );
  // Not because nothing is given at all.
  expect(served).toBeGreaterThan(numRuns);
});
