import { decodeBase64, parseJson, RegistryError } from '@signet/oci';
import * as v from 'valibot';
import { DctError } from '../errors.ts';
import { dctLimits } from '../limits.ts';

/** An object whose members may have any name: they are taken by `Object.entries`, as valibot would leave `__proto__` out. */
export type Members = Readonly<Record<string, unknown>>;

/** JSON of a metadata file. @throws {DctError} DCT_MALFORMED */
export function readJson(bytes: Uint8Array, what: string): unknown {
  try {
    return parseJson(bytes, { maxDepth: dctLimits.maxJsonDepth });
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new DctError('DCT_MALFORMED', `${what}: ${cause.message}`, { cause });
  }
}

/** The value in the shape of the schema. @throws {DctError} DCT_MALFORMED, DCT_TOO_LARGE (a list or text), naming the member */
export function readAs<T extends v.GenericSchema>(schema: T, value: unknown, what: string): v.InferOutput<T> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  const code = issue.type === 'max_length' ? 'DCT_TOO_LARGE' : 'DCT_MALFORMED';
  throw new DctError(code, `${what}${path === null ? '' : `, ${path.slice(0, 200)}`}: ${issue.message.slice(0, 200)}`);
}

/** The members of an object, bounded; Go writes an empty map as `null` too. @throws {DctError} DCT_TOO_LARGE */
export function membersOf(
  object: Members | null | undefined,
  max: number,
  what: string,
): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(object ?? {});
  if (entries.length > max)
    throw new DctError('DCT_TOO_LARGE', `${what} has ${entries.length} members: at most ${max} are read`);
  return entries;
}

/** Text from a file, short and in quotes, for messages. */
export function shown(text: string): string {
  return JSON.stringify(text.slice(0, 140));
}

export function malformed(message: string): DctError {
  return new DctError('DCT_MALFORMED', message);
}

export const members: v.GenericSchema<Members> = v.custom<Members>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object is wanted',
);

/** Go writes bytes in base64. */
export const bytes: v.GenericSchema<string, Uint8Array> = v.pipe(
  v.string(),
  v.rawTransform<string, Uint8Array>(({ dataset, addIssue, NEVER }) => {
    const decoded = decodeBase64(dataset.value);
    if (decoded !== undefined) return decoded;
    addIssue({ message: 'base64 is wanted' });
    return NEVER;
  }),
);

/** A role's name or a key id: short, and of letters that need no escaping. */
export const name: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(/^[-A-Za-z0-9_/.]{1,255}$/, 'a name is wanted'),
);

/** A version or a threshold. */
export const count: v.GenericSchema<number> = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** The ids of a role's keys. */
export const keyIds: v.GenericSchema<readonly string[]> = v.pipe(v.array(name), v.maxLength(dctLimits.maxKeys));

const timePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** A time as Go writes it, to nanoseconds: milliseconds since 1970, the rest cut off. Rule: RFC 3339. */
export const time: v.GenericSchema<string, number> = v.pipe(
  v.string(),
  v.rawTransform<string, number>(({ dataset, addIssue, NEVER }) => {
    const [, seconds = '', fraction = '', zone = ''] = timePattern.exec(dataset.value) ?? [];
    const milliseconds = Date.parse(`${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${zone}`);
    if (!Number.isNaN(milliseconds)) return milliseconds;
    addIssue({ message: 'a time of RFC 3339 is wanted' });
    return NEVER;
  }),
);
