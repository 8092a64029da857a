/** A text as a CEL literal. Rule: CEL language definition, "String and Bytes Values". */
export function celText(text: string): string {
  const escaped = text.replace(
    /[\\'\p{Cc}\u2028\u2029]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `'${escaped}'`;
}
