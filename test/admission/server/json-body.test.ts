import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdmissionError } from '../../../packages/admission/src/index.ts';
import { parseJsonBody } from '../../../packages/admission/src/server/json-body.ts';

describe('parseJsonBody', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('throws nothing but its own error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseJsonBody(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AdmissionError);
        }
      }),
    );
  });

  it('counts depth outside of texts alone', () => {
    const nested = (depth: number) => Buffer.from(`${'[{"x":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`);
    expect(() => parseJsonBody(nested(128))).not.toThrow();
    expect(() => parseJsonBody(nested(130))).toThrow('nested deeper');
    expect(parseJsonBody(Buffer.from(JSON.stringify({ x: `\\"${'['.repeat(1000)}` })))).toBeDefined();
  });

  it('refuses a member that stands twice in one object, however it is written', () => {
    const text = (inner: string) => Buffer.from(`[{"a":{"x":1},"b":{"x":[{"y":":"}]}},${inner}]`);
    for (const inner of ['{"x":1,"x":1}', '{"x":1,"y":2,"\\u0078":1}', '{"a":{"__proto__":1,"__proto__":2}}'])
      expect(() => parseJsonBody(text(inner)), inner).toThrow('twice');
    expect(() => parseJsonBody(text('{"x":1,"X":1,"__proto__":{"constructor":1}}'))).not.toThrow();
  });

  it('refuses what is not UTF-8', () => {
    expect(() => parseJsonBody(Uint8Array.of(0x22, 0xff, 0x22))).toThrow('not JSON');
  });
});
