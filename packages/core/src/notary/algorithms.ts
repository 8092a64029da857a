/** The hash of a signature, as node:crypto names it. */
export type NotaryHash = 'sha256' | 'sha384' | 'sha512';

/** One of the six algorithms of the Notary Project, bound to one kind and size of key. Rule: wire-formats 8.4. */
export interface NotaryAlgorithm {
  /** As notation and its plugins name it. */
  readonly name: string;
  readonly jws: string;
  readonly cose: number;
  readonly hash: NotaryHash;
  /** What plugins call the key. */
  readonly keySpec: string;
}

/** All that there are. Rule: wire-formats 8.4. */
export const notaryAlgorithms: readonly NotaryAlgorithm[] = [
  { name: 'RSASSA-PSS-SHA-256', jws: 'PS256', cose: -37, hash: 'sha256', keySpec: 'RSA-2048' },
  { name: 'RSASSA-PSS-SHA-384', jws: 'PS384', cose: -38, hash: 'sha384', keySpec: 'RSA-3072' },
  { name: 'RSASSA-PSS-SHA-512', jws: 'PS512', cose: -39, hash: 'sha512', keySpec: 'RSA-4096' },
  { name: 'ECDSA-SHA-256', jws: 'ES256', cose: -7, hash: 'sha256', keySpec: 'EC-256' },
  { name: 'ECDSA-SHA-384', jws: 'ES384', cose: -35, hash: 'sha384', keySpec: 'EC-384' },
  { name: 'ECDSA-SHA-512', jws: 'ES512', cose: -36, hash: 'sha512', keySpec: 'EC-521' },
];
