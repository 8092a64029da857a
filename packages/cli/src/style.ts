/** Colours for a terminal, or none: the texts are the same. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubt: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** @param color whether escape sequences are written */
export function createStyle(color: boolean): Style {
  const paint = (open: number, close: number) => (text: string) =>
    color ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { good: paint(32, 39), bad: paint(31, 39), doubt: paint(33, 39), strong: paint(1, 22), faint: paint(2, 22) };
}
