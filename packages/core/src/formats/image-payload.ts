/** JSON that is longer is no payload that verifiers of images read: cosign stops there. */
const maxJsonBytes = 128 * 1024 * 1024;
const paeStart = Buffer.from('DSSEv1 ');
const whiteSpace: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

/**
 * Whether the bare signature of these bytes would be an image's signature or an attestation too, were it put into the envelope of one: they
 * are the encoding that DSSE signs, or simple signing as the most lenient reader takes it (Go's: names in any case, doubled, wrong UTF-8).
 * Rule: wire-formats 4.1, 6.2.
 */
export function isImagePayload(bytes: Uint8Array): boolean {
  if (paeStart.equals(bytes.subarray(0, paeStart.length))) return true;
  if (bytes.length > maxJsonBytes || bytes.find((byte) => !whiteSpace.includes(byte)) !== 0x7b) return false;
  // To Go a doubled member that is null leaves what stood before.
  return Object.entries(parsed(bytes) ?? {}).some(
    ([name, member]) => name.toLowerCase() === 'critical' && typeof member === 'object' && !Array.isArray(member),
  );
}

function parsed(bytes: Uint8Array): object | undefined {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    return undefined; // not JSON: no payload of that kind
  }
}
