import { type Certificate, isSelfSigned, isSignedBy, namesIssuer } from '../x509/certificate.ts';
import { checkChain, checkValidAt } from '../x509/chain.ts';

/** Certificates of a chain. Rule: wire-formats 12 */
const maxLength = 10;
/** Signatures that are looked at: where certificates issue each other there are more ways than anybody can go. */
const maxSteps = 200;

/** What a chain is made of. */
interface Among {
  /** In no order. */
  readonly certificates: readonly Certificate[];
  /** Roots. */
  readonly anchors: readonly Certificate[];
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
}

/**
 * The chain from the signer's certificate to a root that is trusted; by the rules of time stamps, and valid at that time. The reason where there
 * is none. Rule: wire-formats 8.7, 9.5, 7.
 */
export function chainToAnchor(
  signer: Certificate,
  { certificates, anchors, atMs }: Among,
): { readonly chain: readonly Certificate[] } | { readonly why: string } {
  const trusted = new Set(anchors.map(({ thumbprint }) => thumbprint));
  const all = [...new Map([...anchors, ...certificates].map((each) => [each.thumbprint, each])).values()];
  let why = 'its certificates lead to no authority that is trusted for time stamps';
  for (const chain of waysUp([signer], all, { steps: 0 })) {
    if (!trusted.has(chain.at(-1)?.thumbprint ?? '')) continue;
    const problem = checkChain(chain, 'timeStamping') ?? checkValidAt(chain, atMs);
    if (problem === undefined) return { chain };
    why = problem.message;
  }
  return { why };
}

/** All chains from here up to a self-signed certificate, one after the other. */
function* waysUp(
  chain: readonly Certificate[],
  all: readonly Certificate[],
  spent: { steps: number },
): Generator<readonly Certificate[], void, void> {
  const last = chain.at(-1);
  if (last === undefined || chain.length > maxLength) return;
  if (isSelfSigned(last)) return yield chain;
  for (const issuer of all) {
    // Names cost nothing: neither a store of many roots nor certificates that nobody needs spend the steps.
    if (chain.includes(issuer) || !namesIssuer(last, issuer)) continue;
    spent.steps += 1;
    if (spent.steps > maxSteps) return;
    if (isSignedBy(last, issuer)) yield* waysUp([...chain, issuer], all, spent);
  }
}
