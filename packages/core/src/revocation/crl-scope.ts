import { innerOf, partsOf, unusable } from '../asn1/structure.ts';
import { type DerElement, TAG } from '../keys/der.ts';
import type { Certificate } from '../x509/certificate.ts';

const [uri, names] = [0x86, 0xa0];
/** Tags of an issuing distribution point. Rule: RFC 5280, 5.2.5. */
const tags = {
  point: 0xa0,
  userOnly: 0x81,
  caOnly: 0x82,
  someReasons: 0x83,
  indirect: 0x84,
  attributesOnly: 0x85,
} as const;

/**
 * Checks that a list with an issuing distribution point speaks of this certificate: of its kind, for all reasons, of this issuer, and, where
 * it names addresses, of one that the certificate names. Else another part of an issuer's lists could be put in the place of the one that
 * revokes. notation does not look at it. Rule: RFC 5280, 5.2.5 and 6.3.3 (b) (2).
 * @throws {UnusableAnswer} {KeyError}
 */
export function checkScope(point: DerElement, certificate: Certificate): void {
  const isCa = certificate.basicConstraints?.isCa === true;
  for (const field of partsOf(point, TAG.sequence, 'the issuing distribution point')) {
    if (field.tag === tags.point) checkPoint(field, certificate);
    else if (!isTrue(field)) continue;
    else if (field.tag === tags.userOnly && !isCa) continue;
    else if (field.tag === tags.caOnly && isCa) continue;
    else throw unusable('it is a list for other certificates, or for some reasons alone');
  }
}

/** Reasons are a bit string: any of them leaves others out. */
function isTrue({ tag, content }: DerElement): boolean {
  return tag === tags.someReasons || content[0] !== 0;
}

function checkPoint(field: DerElement, { crlUrls }: Certificate): void {
  const full = innerOf(field, 'the name of a distribution point');
  const named = urlsOf(full, 'the name of a distribution point');
  if (!named.some((url) => crlUrls.includes(url))) throw unusable('it is the list of another distribution point');
}

/** The addresses that the freshest-CRL extension of a list names. Rule: RFC 5280, 5.2.6. @throws {UnusableAnswer} {KeyError} */
export function freshestUrls(points: DerElement | undefined): readonly string[] {
  if (points === undefined) return [];
  return partsOf(points, TAG.sequence, 'the freshest CRL').flatMap((point) => {
    const [name] = partsOf(point, TAG.sequence, 'a distribution point');
    return name?.tag === tags.point ? urlsOf(innerOf(name, 'the name of a distribution point'), 'a point') : [];
  });
}

function urlsOf(full: DerElement, what: string): readonly string[] {
  if (full.tag !== names) return [];
  return partsOf(full, names, what)
    .filter(({ tag }) => tag === uri)
    .map(({ content }) => Buffer.from(content).toString('latin1'));
}
