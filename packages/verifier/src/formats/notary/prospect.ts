import type { NamedX509Trust, TrustMaterial } from '../../trust.ts';

/** Beyond these an envelope waits its turn: looking for many texts in a long one takes time that nobody has asked for. */
const maxAnchors = 64;
const maxBytes: number = 64 * 1024;

const texts = new WeakMap<NamedX509Trust['ca'], readonly string[]>();

/**
 * Whether an envelope brings along a certificate that is trusted, as every one that counts does where the signer is enforced: in base64 in a JWS, as it
 * is in COSE. It is a hint, as the name of a key is: others may bring it along, and a JWS may spell it otherwise.
 */
export function bringsAnchor(bytes: Uint8Array, { x509 = [] }: TrustMaterial): boolean {
  if (bytes.length > maxBytes) return false;
  const stores = x509.flatMap(({ ca, signingAuthority }) => [ca, signingAuthority]);
  if (stores.reduce((sum, { length }) => sum + length, 0) > maxAnchors) return false;
  const content = asBuffer(bytes);
  const isJson = content[0] === 0x7b;
  return stores.some((store) =>
    isJson
      ? textsOf(store).some((text) => content.includes(text))
      : store.some(({ der }) => content.includes(asBuffer(der))),
  );
}

/** Of each certificate of a store: made once, many envelopes are looked at. */
function textsOf(store: NamedX509Trust['ca']): readonly string[] {
  const made = texts.get(store) ?? store.map(({ der }) => Buffer.from(der).toString('base64'));
  texts.set(store, made);
  return made;
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
