/** What a new policy says. */
export interface PolicyAnswers {
  /** Paths of public keys, as they stand in the file: relative to it. */
  readonly keys: readonly string[];
  /** Patterns of the images that they sign. */
  readonly images: readonly string[];
  readonly mode: 'enforce' | 'warn' | 'audit';
  readonly tagBound: boolean;
  readonly fallback: 'deny' | 'allow';
}

/** A policy file with comments that say what may be changed. `path`: its own, for the commands in them. */
export function policyTemplate({ keys, images, mode, tagBound, fallback }: PolicyAnswers, path: string): string {
  const file = /^[\w./-]+$/.test(path) ? path : 'FILE';
  return `# Trust policy of Signet. The language: docs/policy.md of the project.
#   signet policy check ${file}           finds mistakes
#   signet policy explain IMAGE --policy ${file}
#   signet verify --policy ${file} IMAGE
version: 1

# Who is trusted. Public keys as files (PEM, cosign .pub, JWK, JWKS, OpenSSH) or folders of them, relative to this file.
# threshold: so many different keys of a source must have signed.
trust:
  release:
    keys:
${keys.map((key) => `      - ${text(key)}`).join('\n')}
    threshold: 1

# Never let through, whatever a rule says: digests of images, and keys (files, or "sha256:" and the id that signet key show says).
refuse:
  digests: []
  keys: []

# Mirrors: an image pulled from "from" was signed as "to".
rename: []
#  - { from: mirror.example.com/hub, to: docker.io }

# Which images need which signatures. Of the rules whose patterns fit an image, the most specific decides, wherever it stands.
# * is any text within a part of a name, ** any number of parts.
rules:
  - name: release
    images:
${images.map((image) => `      - ${text(image)}`).join('\n')}
    # enforce stops what is not verified; warn and audit report it and let it pass; skip looks at nothing.
    mode: ${mode}
    # A source, or { any: […] }, { all: […] }, { atLeast: 2, of: […] }.
    require: release
    # bound: the signature must name this repository and tag; any: it is for the digest alone.
    tag: ${tagBound ? 'bound' : 'any'}

# An image that no rule is for: deny or allow.
default: ${fallback}
`;
}

/** As YAML takes it whatever it holds: JSON's texts are YAML's. */
function text(value: string): string {
  return JSON.stringify(value);
}
