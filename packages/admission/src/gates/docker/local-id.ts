/**
 * Whether the daemon could take a name for the id of an image that it has. `whole`: all of it, which nothing else can have; `part`: the
 * beginning of one, unless it has an image of that name. Rule: distribution reference ParseAnyReference; moby daemon/images GetImage
 */
export function localIdOf(
  image: string,
): { readonly kind: 'whole'; readonly id: string } | { readonly kind: 'part' } | undefined {
  const hex = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(image)?.[1];
  if (hex === undefined) return undefined;
  return hex.length === 64 ? { kind: 'whole', id: `sha256:${hex}` } : { kind: 'part' };
}
