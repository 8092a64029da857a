// C0 and C1 controls, DEL, the bidirectional controls, line and paragraph separators, BOM, lone surrogates.
const unsafe = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Text from outside made safe for a terminal or a log: control and direction characters are shown as `\u{…}`, in one line.
 * Rule: design.md 7 "no terminal or log injection".
 */
export function escapeText(text: string, maxLength = 2000): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return shown.replace(unsafe, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
