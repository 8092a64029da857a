/** A word of an instruction as it stands there, quotes and all, and where. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The words of a text from `start` on: blanks within quotes or after the escape character part nothing.
 * Undefined where a quote is not closed.
 */
export function splitWords(text: string, start: number, escaper: string): readonly Word[] | undefined {
  const words: Word[] = [];
  let at = start;
  for (;;) {
    while (isBlank(text[at])) at++;
    if (at >= text.length) return words;
    const end = endOfWord(text, at, escaper);
    if (end === undefined) return undefined;
    words.push({ text: text.slice(at, end), start: at, end });
    at = end;
  }
}

/** The first word from `start` on; where its quote is not closed, up to the next blank. Undefined after the last. */
export function wordAt(text: string, start: number, escaper: string): Word | undefined {
  let at = start;
  while (isBlank(text[at])) at++;
  if (at >= text.length) return undefined;
  const end = endOfWord(text, at, escaper) ?? endOfWord(text, at, escaper, '') ?? text.length;
  return { text: text.slice(at, end), start: at, end };
}

function endOfWord(text: string, start: number, escaper: string, quotes = `"'`): number | undefined {
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === escaper && quote !== "'") at++;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (quotes.includes(character)) quote = character;
    else if (isBlank(character)) return at;
  }
  return quote === '' ? text.length : undefined;
}

function isBlank(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character);
}
