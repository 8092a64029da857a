import { isIndexMediaType, type Reference, RegistryError, type Resolved, type Source } from '@signet/oci';
import { type DoctorFinding, problemOf } from './finding.ts';
import { examineSignatures } from './signatures.ts';

/** What can be read of the image, and what is attached to it. Never throws for what a store does. */
export async function examineImage(
  reference: Reference,
  source: Source,
  signal: AbortSignal,
): Promise<readonly DoctorFinding[]> {
  const image = await tried('image', () => source.resolve(reference.tag ?? reference.digest ?? 'latest', { signal }));
  if (!('value' in image)) return [image.finding];
  const [tags, referrers, signatures] = await Promise.all([
    examineTags(source, signal),
    examineReferrers(source, image.value, signal),
    examineSignatures(reference, source, signal),
  ]);
  return [describeImage(reference, image.value), tags, referrers, ...signatures];
}

function describeImage(reference: Reference, { descriptor }: Resolved): DoctorFinding {
  const kind = isIndexMediaType(descriptor.mediaType) ? 'index of platforms' : 'image';
  const text = `${kind} ${descriptor.digest}`;
  const isMoved =
    reference.tag !== undefined && reference.digest !== undefined && reference.digest !== descriptor.digest;
  if (!isMoved) return { about: 'image', state: 'good', text };
  return { about: 'image', state: 'problem', code: 'SUBJECT_CHANGED', text: `the tag ${reference.tag} names ${text}` };
}

async function examineTags(source: Source, signal: AbortSignal): Promise<DoctorFinding> {
  const listed = await tried('tags', async () => {
    for await (const _ of source.tags({ signal })) return true;
    return false;
  });
  if ('value' in listed) return { about: 'tags', state: 'good', text: 'tags can be listed' };
  return { ...listed.finding, state: 'note', text: `tags cannot be listed: ${listed.finding.text}` };
}

const ways: Readonly<Record<'api' | 'tag' | 'scan' | 'none', string>> = {
  api: 'the registry has the referrers API: concurrent signers cannot disturb one another',
  tag: 'no referrers API: signatures are listed under a fallback tag, which concurrent writers of other tools may overwrite',
  scan: 'an image layout: every manifest was looked at',
  none: 'no referrers API, and no fallback tag yet: signing makes one',
};

async function examineReferrers(source: Source, image: Resolved, signal: AbortSignal): Promise<DoctorFinding> {
  let way: keyof typeof ways = 'none';
  const counts = new Map<string, number>();
  const listed = await tried('referrers', async () => {
    for await (const { via, descriptors } of source.referrers(image.descriptor, { signal })) {
      if (way === 'none' || via === 'api') way = via;
      for (const { artifactType = 'no type' } of descriptors)
        counts.set(artifactType, (counts.get(artifactType) ?? 0) + 1);
    }
  });
  if (!('value' in listed)) return listed.finding;
  const types = [...counts].map(([type, count]) => `${count} × ${type}`).join(', ');
  return { about: 'referrers', state: 'good', text: `${ways[way]}; listed: ${types === '' ? 'nothing' : types}` };
}

async function tried<T>(
  about: DoctorFinding['about'],
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly finding: DoctorFinding }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof RegistryError && error.code !== 'ABORTED') return { finding: problemOf(about, error) };
    throw error;
  }
}
