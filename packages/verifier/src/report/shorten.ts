/** A text from outside as a report keeps it: cut where it is longer than `maxLength` characters. Nobody's text makes a report large. */
export function shorten(text: string, maxLength = 1_000): string {
  if (text.length <= maxLength) return text;
  // A copy: what slice returns holds on to the whole text.
  return Buffer.from(`${text.slice(0, maxLength)}…`, 'utf16le').toString('utf16le');
}
