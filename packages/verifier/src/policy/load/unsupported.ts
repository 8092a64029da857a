/** Fields of the language that come with later formats, by their way from the root (`*`: any name or item). Rule: design.md 6. */
const fieldsToCome: ReadonlyMap<string, string> = new Map([
  ['trust.*.sigstore', 'sources of keyless identities (sigstore) are not supported yet'],
  ['rules.*.attestations', 'attestations are not supported yet'],
]);

/** What to say of a field that will be known; undefined for one that never was. */
export function notYetField(path: readonly string[]): string | undefined {
  return fieldsToCome.get(path.join('.'));
}
