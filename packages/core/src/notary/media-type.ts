import { EnvelopeError } from '../errors.ts';

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,127}";
const quoted = '"[ !#-\\[\\]-~]{0,255}"';
const pattern = new RegExp(`^${token}/${token}(?: *; *${token}=(?:${token}|${quoted}))*$`);

/** `TYPE/SUBTYPE`, with parameters or without. Rule: RFC 9110, 8.3.1 @throws {EnvelopeError} MEDIA_TYPE_INVALID */
export function checkMediaType(text: string): void {
  if (text.length <= 1024 && pattern.test(text)) return;
  throw new EnvelopeError(
    'MEDIA_TYPE_INVALID',
    `no media type (TYPE/SUBTYPE is wanted): ${JSON.stringify(text.slice(0, 80))}`,
  );
}
