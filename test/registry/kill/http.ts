import { createHash } from 'node:crypto';

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** One request; rejects when the server goes away, before or amidst the answer. */
export async function send(base: string, path: string, sending: Sending = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = sending;
  const response = await fetch(new URL(path, base), { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
