/** What somebody who asked for a tag would run: what it is by its owner, what the attacker wants him to run, or nothing, and what he was told. */
export interface Answer {
  readonly outcome: 'owner' | 'attacker' | 'refused' | 'undecided';
  /** Of the program that was asked: one line. */
  readonly says: string;
}

/** What a program said: the digest that it would have run, or that it refuses or cannot decide. */
export type Said =
  | { readonly kind: 'takes'; readonly digest: string; readonly says: string }
  | { readonly kind: 'refused' | 'undecided'; readonly says: string };

/** Which image is whose. */
export interface Images {
  readonly owner: string;
  readonly attacker: string;
}

/** What was said, as it concerns the owner. A third image would be a fault of the stage. @throws {RangeError} */
export function answerOf(said: Said, { owner, attacker }: Images): Answer {
  if (said.kind !== 'takes') return { outcome: said.kind, says: said.says };
  if (said.digest === owner) return { outcome: 'owner', says: said.says };
  if (said.digest === attacker) return { outcome: 'attacker', says: said.says };
  throw new RangeError(`neither ${owner} nor ${attacker}: ${said.digest}`);
}

/** The line of a program's output that tells why, without what differs from run to run. */
export function lineOf(text: string, pattern: RegExp): string {
  const lines = text.split('\n').map((line) => line.trim());
  const found = lines.find((line) => pattern.test(line)) ?? lines.findLast((line) => line !== '') ?? '';
  return found
    .replaceAll(/(?:127\.0\.0\.1|localhost):\d+/g, 'registry')
    .replaceAll(/sha256:[0-9a-f]{64}|[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[0-9:.]+Z/g, 'TIME')
    .slice(0, 160);
}
