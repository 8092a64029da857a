import { decodeBase64 } from './base64.ts';
import { type Digest, isDigest } from './digest.ts';
import { RegistryError } from './errors.ts';

/** `size` in bytes, as its author declared it: a limit for reading, never a size to allocate. Rule: image-spec 1.1, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Embedded content, decoded; a copy like any other: checked against `digest` before use. */
  readonly data?: Uint8Array;
  readonly platform?: Platform;
  readonly urls?: readonly string[];
}

/** Rule: image-spec 1.1, image-index.md "platform". */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

// RFC 6838 4.2: type and subtype names.
const mediaTypePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

/** Whether the text is a media type by RFC 6838 (without parameters). */
export function isMediaType(text: string): boolean {
  return mediaTypePattern.test(text);
}

/**
 * A descriptor from parsed JSON; unknown members are dropped.
 * @throws {RegistryError} MANIFEST_INVALID, naming the member below `path`
 */
export function parseDescriptor(value: unknown, path: string): Descriptor {
  const object = asObject(value, path);
  const { mediaType, digest, size } = object;
  if (typeof mediaType !== 'string' || mediaType === '' || mediaType.length > 255)
    throw invalid(`${path}.mediaType`, 'a media type');
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalid(`${path}.digest`, 'a sha256 or sha512 digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(`${path}.size`, 'a size in bytes');
  return {
    mediaType,
    digest,
    size,
    ...(object.artifactType === undefined
      ? {}
      : { artifactType: asString(object.artifactType, `${path}.artifactType`) }),
    ...(object.annotations === undefined
      ? {}
      : { annotations: parseAnnotations(object.annotations, `${path}.annotations`) }),
    ...(object.data === undefined ? {} : { data: parseData(object.data, `${path}.data`) }),
    ...(object.platform === undefined ? {} : { platform: parsePlatform(object.platform, `${path}.platform`) }),
    ...(object.urls === undefined ? {} : { urls: parseUrls(object.urls, `${path}.urls`) }),
  };
}

/** Only what is needed to read the content: no annotations, no embedded data. */
export function toPlainDescriptor({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** The descriptor as the JSON object that is written: absent members left out, `data` in base64. */
export function toDescriptorJson(descriptor: Descriptor): Record<string, unknown> {
  const { mediaType, digest, size, artifactType, annotations, data, platform, urls } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(urls === undefined ? {} : { urls }),
    ...(data === undefined ? {} : { data: Buffer.from(data).toString('base64') }),
    ...(platform === undefined ? {} : { platform: toPlatformJson(platform) }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** A map of strings. `null` counts as absent (Go writes it). @throws {RegistryError} MANIFEST_INVALID */
export function parseAnnotations(value: unknown, path: string): Readonly<Record<string, string>> {
  if (value === null) return {};
  const object = asObject(value, path);
  for (const [key, text] of Object.entries(object)) {
    if (typeof text !== 'string') throw invalid(`${path}[${JSON.stringify(key.slice(0, 80))}]`, 'a string');
  }
  return object as Record<string, string>;
}

/** @throws {RegistryError} MANIFEST_INVALID when it is no plain object */
export function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'an object');
  return value as Record<string, unknown>;
}

function asString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, 'a string');
  return value;
}

function parseData(value: unknown, path: string): Uint8Array {
  const data = decodeBase64(asString(value, path));
  if (data === undefined) throw invalid(path, 'standard base64');
  return data;
}

function parsePlatform(value: unknown, path: string): Platform {
  const object = asObject(value, path);
  return {
    architecture: asString(object.architecture ?? '', `${path}.architecture`),
    os: asString(object.os ?? '', `${path}.os`),
    ...(object.variant === undefined ? {} : { variant: asString(object.variant, `${path}.variant`) }),
    ...(object['os.version'] === undefined
      ? {}
      : { osVersion: asString(object['os.version'], `${path}["os.version"]`) }),
  };
}

function toPlatformJson(platform: Platform): Record<string, unknown> {
  const { architecture, os, variant, osVersion } = platform;
  return {
    architecture,
    os,
    ...(osVersion === undefined ? {} : { 'os.version': osVersion }),
    ...(variant === undefined ? {} : { variant }),
  };
}

function parseUrls(value: unknown, path: string): readonly string[] {
  if (!Array.isArray(value)) throw invalid(path, 'a list of strings');
  return value.map((url, at) => asString(url, `${path}[${at}]`));
}

function invalid(path: string, wanted: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', `${path} is not ${wanted}`);
}
