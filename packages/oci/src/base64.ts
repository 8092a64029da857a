/** Standard padded base64 in its one form (nothing else in it, no stray bits at the end), else undefined. Rule: RFC 4648, 3.3, 3.5 and 4. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
