import { encodePublicKey, type PublicKey } from '@signet/core';

/** What a policy has to say for a collection that has begun. */
export interface NewCollection {
  /** `HOST/PATH`. */
  readonly name: string;
  readonly tagKeys: readonly PublicKey[];
  readonly catalogueKeys: readonly PublicKey[];
}

/** The policy as plain data, its keys in it: a whole policy but for `version`. */
export interface PolicyLines {
  readonly trust: Readonly<Record<'release' | 'publisher', { readonly keys: readonly string[] }>>;
  readonly catalogues: Readonly<Record<string, { readonly collections: string; readonly signedBy: string }>>;
  readonly rules: readonly {
    readonly images: readonly string[];
    readonly require: string;
    readonly tag: 'trusted';
    readonly catalogue: string;
  }[];
}

export async function policyLinesOf({ name, tagKeys, catalogueKeys }: NewCollection): Promise<PolicyLines> {
  const catalogue = catalogueNameOf(name);
  const sourceOf = async (keys: readonly PublicKey[]): Promise<{ readonly keys: readonly string[] }> => ({
    keys: await Promise.all(keys.map(async (key) => Buffer.from(await encodePublicKey(key)).toString('utf8'))),
  });
  return {
    trust: { release: await sourceOf(tagKeys), publisher: await sourceOf(catalogueKeys) },
    catalogues: { [catalogue]: { collections: name, signedBy: 'publisher' } },
    rules: [{ images: [name], require: 'release', tag: 'trusted', catalogue }],
  };
}

/** What the policy calls the catalogue: what is remembered lies under that name. */
export function catalogueNameOf(collection: string): string {
  return collection.slice(collection.lastIndexOf('/') + 1).slice(0, 64);
}

/** The same as people write it. Ends with a line end. */
export function policyLinesText({ trust, catalogues, rules }: PolicyLines): string {
  const keyLines = (pem: string): readonly string[] => [
    '      - |',
    ...pem
      .trimEnd()
      .split('\n')
      .map((line) => `        ${line}`),
  ];
  return [
    'trust:',
    ...Object.entries(trust).flatMap(([source, { keys }]) => [`  ${source}:`, '    keys:', ...keys.flatMap(keyLines)]),
    'catalogues:',
    ...Object.entries(catalogues).flatMap(([name, { collections, signedBy }]) => [
      `  ${name}:`,
      `    collections: ${JSON.stringify(collections)}`,
      `    signedBy: ${signedBy}`,
    ]),
    'rules:',
    ...rules.flatMap(({ images, require, tag, catalogue }) => [
      `  - images: ${JSON.stringify(images)}`,
      `    require: ${require}`,
      `    tag: ${tag}`,
      `    catalogue: ${catalogue}`,
    ]),
    '',
  ].join('\n');
}
