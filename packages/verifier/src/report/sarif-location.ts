import type { Place } from '../policy/place.ts';

type Json = Readonly<Record<string, unknown>>;

/** A place in a file as SARIF names it; nothing for standard input, which has no address. Rule: SARIF 2.1.0, 3.29 and 3.4.3. */
export function physicalLocation({ file, line, column }: Place): Json {
  if (file === '-') return {};
  return {
    physicalLocation: {
      artifactLocation: { uri: fileAddress(file) },
      region: { startLine: line, startColumn: column },
    },
  };
}

/** The image itself, for what no file names. Rule: SARIF 2.1.0, 3.33. */
export function logicalLocation(reference: string, within: string | undefined): Json {
  return {
    logicalLocations: [
      {
        name: reference,
        fullyQualifiedName: within === undefined ? reference : `${within}: ${reference}`,
        kind: 'image',
      },
    ],
  };
}

/** A path as a URI reference: relative paths stay relative, so that dashboards find the file in the checkout. */
function fileAddress(path: string): string {
  const parts = path
    .toWellFormed()
    .split('/')
    .filter((part, at) => part !== '.' && (part !== '' || at === 0));
  const address = parts.map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${address}` : address;
}
