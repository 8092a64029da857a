/**
 * Text from outside as it may be printed on a terminal or written to a log: on one line, nothing in it moves the cursor, colours, hides or
 * reorders, or is a command to the build system that keeps the log; each such character becomes `\u{…}`. Longer than `maxLength` characters
 * it is cut. Rule: design.md 7.
 */
export function escapeForTerminal(text: string, maxLength = 1_000): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return escapeUnprintable(cut, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON as it may be printed: the same value, with every character that could deceive a terminal written as `\uXXXX`. */
export function toJsonText(value: unknown, indent = 2): string {
  const lines = JSON.stringify(value, undefined, indent).split('\n'); // the only raw line ends are the indentation's
  return lines.map(escapeJsonLine).join('\n');
}

/** The same for JSON on one line that somebody else wrote, without its line end. */
export function escapeJsonLine(line: string): string {
  return escapeUnprintable(line, escapeUnits);
}

/**
 * Controls, formatting (bidi overrides, zero width, tags), private use, lone surrogates, line and paragraph separators, invisible letters and
 * marks. Where they lie among all characters takes longer to find out, once, than a short call has to print: not asked for ASCII.
 */
function escapeUnprintable(text: string, written: (character: string) => string): string {
  const inert = text.includes('##') ? text.replace(logCommand, `#${written('#')}`) : text;
  if (/^[ -~]*$/.test(inert)) return inert;
  return inert.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, written);
}

/** What Azure Pipelines and GitHub Actions take for a command wherever it stands in a line of a log. */
const logCommand = /##(?=\[|vso\[)/gi;

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
