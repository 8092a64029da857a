import { randomUUID } from 'node:crypto';
import * as v from 'valibot';

/** What one server tells the others: something changed in a repository. */
export interface Forgotten {
  /** `registry/repository` */
  readonly name: string;
  /** Milliseconds since 1970 UTC, by the clock of who tells it. */
  readonly atMs: number;
  /** Of this message alone. */
  readonly id: string;
}

const schema: v.GenericSchema<unknown, Forgotten> = v.strictObject({
  name: v.string(),
  atMs: v.number(),
  id: v.string(),
});

export function createForgotten(name: string, atMs: number): Forgotten {
  return { name, atMs, id: randomUUID() };
}

export function encodeForgotten(message: Forgotten): Buffer {
  return Buffer.from(JSON.stringify(message));
}

/** Undefined for what is none. To be given only what its MAC says is by a server. */
export function parseForgotten(content: Buffer): Forgotten | undefined {
  try {
    const parsed = v.safeParse(schema, JSON.parse(content.toString('utf8')));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined; // no JSON
  }
}
