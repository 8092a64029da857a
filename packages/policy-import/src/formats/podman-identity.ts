import { celText } from '../cel.ts';
import type { Conditions, ImportedRename } from '../model.ts';
import { noConditions } from '../model.ts';
import type { Cursor } from '../reading.ts';

/** What a signature must say of its image. */
export interface Identity {
  readonly conditions: Conditions;
  /** Only for images under `from`. */
  readonly rename?: ImportedRename;
}

/** The signed reference has a tag or a digest: containers/image refuses others, whatever is asked. */
const namesMore = `signature.reference.matches('[:@][^/]*$')`;
const bound: Conditions = { tag: 'bound', annotations: {}, where: [namesMore] };

/**
 * `signedIdentity` of a requirement; without it matchRepoDigestOrExact. Rule: containers-policy.json(5) "signedBy".
 * @throws {PolicyError} POLICY_INVALID
 */
export function readIdentity(cursor: Cursor | undefined): Identity {
  if (cursor === undefined) return { conditions: bound };
  const type = cursor.needField('type').oneOf(identityTypes);
  for (const [name, value] of cursor.others(['type', ...fieldsOf[type]]))
    throw value.invalid(`${name} is not known here`);
  switch (type) {
    case 'matchRepoDigestOrExact':
      return { conditions: bound };
    case 'matchExact':
      return { conditions: { ...bound, where: [namesMore, `image.tag != ''`] } };
    case 'matchRepository':
      return { conditions: where(isIn(`image.registry + '/' + image.repository`)) };
    case 'exactReference':
      return { conditions: where(isReference(cursor.needField('dockerReference'))) };
    case 'exactRepository':
      return { conditions: where(isIn(celText(expanded(cursor.needField('dockerRepository').text())))) };
    case 'remapIdentity': {
      const rename = { from: cursor.needField('prefix').text(), to: cursor.needField('signedPrefix').text() };
      return { conditions: bound, rename };
    }
  }
}

const fieldsOf = {
  matchRepoDigestOrExact: [],
  matchExact: [],
  matchRepository: [],
  exactReference: ['dockerReference'],
  exactRepository: ['dockerRepository'],
  remapIdentity: ['prefix', 'signedPrefix'],
} as const;
const identityTypes = [
  'matchRepoDigestOrExact',
  'matchExact',
  'matchRepository',
  'exactReference',
  'exactRepository',
  'remapIdentity',
] as const;

function where(text: string): Conditions {
  return { ...noConditions, where: [text] };
}

/** The signed reference is in this repository, whatever its tag. `repository` is a CEL expression. */
function isIn(repository: string): string {
  const joined = repository.includes('+') ? `(${repository})` : repository;
  const begins = [':', '@'].map((sign) => `signature.reference.startsWith(${repository} + '${sign}')`);
  return [`signature.reference == ${joined}`, ...begins].join(' || ');
}

function isReference(cursor: Cursor): string {
  const text = expanded(cursor.text());
  if (!/[:@][^/]*$/.test(text)) throw cursor.invalid('a tag or a digest is missing');
  return `signature.reference == ${celText(text)}`;
}

/** Docker's short names written out. Rule: containers/image, "fully expanded form". */
function expanded(text: string): string {
  const slash = text.indexOf('/');
  const first = text.slice(0, slash);
  if (slash !== -1 && (/[.:]/.test(first) || first === 'localhost'))
    return text.replace(/^index\.docker\.io\//, 'docker.io/');
  return slash === -1 ? `docker.io/library/${text}` : `docker.io/${text}`;
}
