/** One challenge of a `WWW-Authenticate` header. `scheme` and parameter names are in lower case. Rule: RFC 9110, 11.3 and 11.6.1. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly token68?: string;
}

const tokenPattern = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const token68Pattern = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const quotedPattern = /"((?:[^"\\]|\\.)*)"/sy;
const separatorPattern = /(?:[ \t]*,)*[ \t]*/y;
const equalsPattern = /[ \t]*=[ \t]*/y;
const spacePattern = /[ \t]+/y;
const maxHeaderLength = 16_384;

/**
 * The challenges of all `WWW-Authenticate` headers of an answer, in their order. What does not follow the grammar ends its header: what
 * stood before it counts.
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap((header) => (header.length > maxHeaderLength ? [] : parseHeader(header)));
}

function parseHeader(header: string): readonly Challenge[] {
  const reader = createReader(header);
  const challenges: Challenge[] = [];
  reader.take(separatorPattern);
  while (!reader.atEnd()) {
    const challenge = readChallenge(reader);
    if (challenge === undefined) break;
    challenges.push(challenge);
  }
  return challenges;
}

function readChallenge(reader: Reader): Challenge | undefined {
  const scheme = reader.take(tokenPattern)?.toLowerCase();
  if (scheme === undefined) return undefined;
  const parameters = new Map<string, string>();
  if (reader.take(spacePattern) !== undefined) {
    const first = readParameter(reader, parameters);
    const token68 = first ? undefined : reader.take(token68Pattern);
    if (token68 !== undefined) {
      reader.take(separatorPattern);
      return { scheme, parameters, token68 };
    }
  }
  reader.take(separatorPattern);
  while (readParameter(reader, parameters)) reader.take(separatorPattern);
  return { scheme, parameters };
}

/** Reads `name=value`; false, with nothing read, where the next word begins a new challenge. The first of two equal names counts. */
function readParameter(reader: Reader, parameters: Map<string, string>): boolean {
  const start = reader.position();
  const name = reader.take(tokenPattern)?.toLowerCase();
  if (name === undefined || reader.take(equalsPattern) === undefined) return reader.back(start);
  const quoted = reader.take(quotedPattern);
  const value = quoted === undefined ? reader.take(tokenPattern) : quoted.slice(1, -1).replace(/\\(.)/gs, '$1');
  if (value === undefined) return reader.back(start);
  if (!parameters.has(name)) parameters.set(name, value);
  return true;
}

interface Reader {
  /** The text that a sticky pattern matches here, if it matches. */
  take(pattern: RegExp): string | undefined;
  position(): number;
  back(to: number): false;
  atEnd(): boolean;
}

function createReader(text: string): Reader {
  let at = 0;
  return {
    take(pattern) {
      pattern.lastIndex = at;
      const match = pattern.exec(text)?.[0];
      if (match !== undefined) at += match.length;
      return match;
    },
    position: () => at,
    back(to) {
      at = to;
      return false;
    },
    atEnd: () => at >= text.length,
  };
}
