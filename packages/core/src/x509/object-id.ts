/**
 * The dotted text of an OBJECT IDENTIFIER's content; undefined for what is none, or has more than 64 bytes. Numbers of any size are exact.
 * Rule: X.690, 8.19.
 */
export function objectIdText(content: Uint8Array): string | undefined {
  if (content.length === 0 || content.length > maxBytes || (content.at(-1) ?? 0) >= 0x80) return undefined;
  const numbers: bigint[] = [];
  let value = 0n;
  let isFirstByte = true;
  for (const byte of content) {
    if (isFirstByte && byte === 0x80) return undefined; // a zero in front: a second spelling of the same
    value = value * 128n + BigInt(byte & 0x7f);
    isFirstByte = byte < 0x80;
    if (!isFirstByte) continue;
    numbers.push(value);
    value = 0n;
  }
  const [both = 0n, ...rest] = numbers;
  const first = both < 80n ? both / 40n : 2n;
  return [first, both - first * 40n, ...rest].join('.');
}

const maxBytes = 64;
