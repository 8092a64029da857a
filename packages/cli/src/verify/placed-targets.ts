import { formatReference, type RegistryReference } from '@signet/oci';
import type { ImageUse } from '@signet/verifier';
import type { ImageUse as NamedUse } from '@signet/workloads';
import type { Target } from './outcome.ts';

/** Each image once, with all places that name it, in the order of the first. Asked for another platform it is another image. */
export function placedTargets(uses: Iterable<NamedUse>): readonly Target[] {
  const targets = new Map<string, { readonly text: string; readonly uses: ImageUse[]; readonly platform?: string }>();
  for (const use of uses) {
    const { reference, platform } = use;
    const text = textOf(reference);
    const key = JSON.stringify([text, platform]);
    const known = targets.get(key) ?? { text, uses: [], ...(platform === undefined ? {} : { platform }) };
    targets.set(key, known);
    known.uses.push(toUse(use));
  }
  return [...targets.values()];
}

/** In the one spelling: `nginx` and `docker.io/library/nginx:latest` are one image. */
function textOf(reference: RegistryReference): string {
  const { tag, digest } = reference;
  return formatReference(tag === undefined && digest === undefined ? { ...reference, tag: 'latest' } : reference);
}

function toUse(use: NamedUse): ImageUse {
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
