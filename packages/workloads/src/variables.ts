/** How variables are written where a text comes from. */
export interface VariableGrammar {
  /** `$$` is a dollar (Compose); else a lone dollar stands for itself (Dockerfile). */
  readonly doubleDollar: boolean;
  /** Quotes are taken away, and this character takes the next one's meaning (Dockerfile). */
  readonly escaper?: string;
  /** Characters that a text may have once its variables are in it: a few of them can double it again and again. */
  readonly maxLength: number;
}

/** A text after its variables, or the first thing that kept it from becoming one. */
export type Expanded =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'unset'; readonly name: string; readonly message: string }
  | { readonly kind: 'malformed'; readonly message: string };

/** Values of variables; undefined for one that is not set. */
export type Lookup = (name: string) => string | undefined;

const maxNesting = 16;
const namePattern = /[A-Za-z_][A-Za-z0-9_]{0,255}/y;

/**
 * `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME+other}`, `${NAME:?why}`, `${NAME?why}`, nested. A
 * variable that is not set and has no default is told, never taken for empty: an image would be another one.
 * Rule: compose-spec "Interpolation"; Dockerfile reference "Environment replacement"
 */
export function expand(text: string, lookup: Lookup, grammar: VariableGrammar): Expanded {
  const expander = new Expander(text, lookup, grammar);
  const value = expander.rest();
  return expander.failure ?? { kind: 'value', value };
}

class Expander {
  failure: Exclude<Expanded, { kind: 'value' }> | undefined;
  #at = 0;
  #depth = 0;
  /** Above 0 in a part that is not chosen: what is missing there does not matter. */
  #unused = 0;
  readonly #text: string;
  readonly #lookup: Lookup;
  readonly #grammar: VariableGrammar;

  constructor(text: string, lookup: Lookup, grammar: VariableGrammar) {
    this.#text = text;
    this.#lookup = lookup;
    this.#grammar = grammar;
  }

  rest(): string {
    return this.#until(undefined);
  }

  /** Up to `end`, which is left; the whole rest without one. */
  #until(end: '}' | '"' | undefined): string {
    const parts: string[] = [];
    const { maxLength } = this.#grammar;
    let length = 0;
    while (this.#at < this.#text.length && this.failure === undefined) {
      const character = this.#text[this.#at] ?? '';
      if (character === end) break;
      const part = this.#next(character, end === '"');
      length += part.length;
      if (length > maxLength) this.#fail('malformed', `with its variables it is longer than ${maxLength} characters`);
      else parts.push(part);
    }
    return parts.join('');
  }

  #next(character: string, isQuoted: boolean): string {
    this.#at++;
    if (character === '$') return this.#dollar();
    const { escaper } = this.#grammar;
    if (escaper === undefined) return character;
    if (character === escaper) return this.#escaped(isQuoted);
    if (character === "'" && !isQuoted) return this.#literal();
    if (character !== '"') return character;
    const inside = this.#until('"');
    this.#expect('"');
    return inside;
  }

  /** Within double quotes only a quote, a dollar and the character itself can be escaped. */
  #escaped(isQuoted: boolean): string {
    const { escaper = '' } = this.#grammar;
    const next = this.#text[this.#at] ?? '';
    if (isQuoted && next !== '"' && next !== '$' && next !== escaper) return escaper;
    this.#at++;
    return next;
  }

  #literal(): string {
    const end = this.#text.indexOf("'", this.#at);
    const start = this.#at;
    this.#at = end === -1 ? this.#text.length : end + 1;
    if (end === -1) this.#fail('malformed', 'a quote is not closed');
    return this.#text.slice(start, end === -1 ? undefined : end);
  }

  #dollar(): string {
    const next = this.#text[this.#at];
    if (next === '$' && this.#grammar.doubleDollar) {
      this.#at++;
      return '$';
    }
    if (next === '{') {
      this.#at++;
      return this.#braced();
    }
    const name = this.#name();
    if (name !== '') return this.#valueOf(name);
    if (this.#grammar.doubleDollar) this.#fail('malformed', '$ is followed by no name (a dollar is written $$)');
    return '$';
  }

  #braced(): string {
    const name = this.#name();
    const operator = /(?::?[-+?])?/y;
    operator.lastIndex = this.#at;
    const [found = ''] = operator.exec(this.#text) ?? [];
    this.#at += found.length;
    this.#depth++;
    if (name === '') this.#fail('malformed', '${ is followed by no name');
    if (this.#depth > maxNesting) this.#fail('malformed', `variables are nested deeper than ${maxNesting} levels`);
    const value = found === '' ? this.#valueOf(name) : this.#choose(name, found);
    this.#depth--;
    this.#expect('}');
    return value;
  }

  #choose(name: string, operator: string): string {
    const value = this.#lookup(name);
    const isThere = operator.startsWith(':') ? (value ?? '') !== '' : value !== undefined;
    const isWordUsed = operator.endsWith('+') ? isThere : !isThere;
    if (!isWordUsed) this.#unused++;
    const word = this.#until('}');
    if (!isWordUsed) this.#unused--;
    if (operator.endsWith('+')) return isWordUsed ? word : '';
    if (operator.endsWith('?') && isWordUsed) this.#fail('unset', `the variable ${name} is not set: ${word}`, name);
    return isWordUsed ? word : (value ?? '');
  }

  #valueOf(name: string): string {
    const value = this.#lookup(name);
    if (value === undefined) this.#fail('unset', `the variable ${name} is not set and has no default`, name);
    return value ?? '';
  }

  #name(): string {
    namePattern.lastIndex = this.#at;
    const [name = ''] = namePattern.exec(this.#text) ?? [];
    this.#at += name.length;
    return name;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] === character) this.#at++;
    else this.#fail('malformed', `${character} is missing`);
  }

  #fail(kind: 'unset' | 'malformed', message: string, name = ''): void {
    if (kind === 'unset' && this.#unused > 0) return;
    this.failure ??= kind === 'unset' ? { kind, name, message: message.slice(0, 300) } : { kind, message };
  }
}
