import { formatReference, type RegistryReference } from '@signet/oci';
import type { ImageUse } from '@signet/verifier';
import type { ImageUse as NamedUse } from '@signet/workloads';
import type { Target } from './outcome.ts';

/** Each image once, with all places that name it, in the order of the first. Asked for another platform it is another image. */
export function placedTargets(uses: Iterable<NamedUse>): readonly Target[] {
  const targets = new Map<string, { readonly text: string; readonly uses: ImageUse[]; readonly platform?: string }>();
  for (const use of uses) {
    const { platform } = use;
    const key = keyOfUse(use);
    const known = targets.get(key) ?? {
      text: textOf(use.reference),
      uses: [],
      ...(platform === undefined ? {} : { platform }),
    };
    targets.set(key, known);
    known.uses.push(toUse(use));
  }
  return [...targets.values()];
}

/** The same for a target and for the uses that it was made of, and for no other. */
export function keyOfTarget({ text, platform }: Pick<Target, 'text' | 'platform'>): string {
  return JSON.stringify([text, platform]);
}

/** The key of the target that a use belongs to: {@link keyOfTarget}. */
export function keyOfUse({ reference, platform }: Pick<NamedUse, 'reference' | 'platform'>): string {
  return JSON.stringify([textOf(reference), platform]);
}

/** In the one spelling: `nginx` and `docker.io/library/nginx:latest` are one image. */
function textOf(reference: RegistryReference): string {
  const { tag, digest } = reference;
  return formatReference(tag === undefined && digest === undefined ? { ...reference, tag: 'latest' } : reference);
}

/** Where it is named, as reports say it. */
export function toUse(use: NamedUse): ImageUse {
  const { file, line, column } = use.place;
  return { place: { file, line, column }, within: withinOf(use) };
}

/** `Deployment shop/web, container app`, or the way to it where no object has a name. */
export function withinOf({
  object,
  container,
  role,
  path,
}: Pick<NamedUse, 'object' | 'container' | 'role' | 'path'>): string {
  const what = container === undefined ? path : `${role.replaceAll('-', ' ')} ${container}`;
  if (object === undefined) return what;
  const name = object.namespace === undefined ? object.name : `${object.namespace}/${object.name}`;
  return `${`${object.kind} ${name}`.trim()}, ${what}`;
}
