import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readContainer, readPull, readService } from '../../../../packages/admission/src/gates/docker/named-images.ts';
import { AdmissionError } from '../../../../packages/admission/src/index.ts';
import { RegistryError } from '../../../../packages/oci/src/index.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const invalid = expect.objectContaining({ code: 'REQUEST_INVALID' });

const pull = (query: string, headers: Readonly<Record<string, string>> = {}) => {
  const broughtIn = readPull(query, { headers });
  return broughtIn.kind === 'images' ? broughtIn.images[0]?.image : broughtIn.by;
};
const bytes = (body: unknown) => ({ body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) });
const create = (body: unknown) => {
  const broughtIn = readContainer(bytes(body));
  return broughtIn.kind === 'images' ? broughtIn.images.map(({ image }) => image) : broughtIn.by;
};
const service = (body: unknown, query = '') => {
  const broughtIn = readService(query, bytes(body));
  return broughtIn.kind === 'images' ? broughtIn.images.map(({ image }) => image) : broughtIn.by;
};

describe('the image of a pull', () => {
  it.each([
    ['fromImage=app&tag=1', 'docker.io/library/app:1'],
    ['fromImage=r.example%2Fapp&tag=1', 'r.example/app:1'],
    ['fromImage=r.example/app:1', 'r.example/app:1'],
    ['fromImage=r.example/app:1&tag=2', 'r.example/app:2'],
    [`fromImage=r.example/app&tag=${digest}`, `r.example/app@${digest}`],
    [`fromImage=r.example/app:1&tag=${digest}`, `r.example/app@${digest}`],
    [`fromImage=r.example/app@${other}&tag=${digest}`, `r.example/app@${digest}`],
    [`fromImage=r.example/app@${digest}`, `r.example/app@${digest}`],
    [`fromImage=r.example/app:1@${digest}`, `r.example/app:1@${digest}`],
    [`fromImage=r.example/app@${digest}&tag=1`, `r.example/app:1@${digest}`],
    ['fromImage=r.example/app:1:', 'r.example/app:1'],
    ['fromSrc=http://evil.example/a.tar&repo=app&tag=1', 'import'],
    ['fromSrc=-', 'import'],
    ['repo=app', 'import'],
    ['', 'import'],
    ['fromimage=r.example/app:1', 'import'],
  ])('%s is %s, as the daemon reads it', (query, image) => {
    expect(pull(query)).toBe(image);
  });

  it.each([
    ['names all tags', 'fromImage=r.example/app'],
    ['names all tags, as docker pull -a does', 'fromImage=r.example/app:'],
    ['is named twice', 'fromImage=r.example/app:1&fromImage=r.example/evil:1'],
    ['is named beside an archive', 'fromImage=r.example/app:1&fromSrc=-'],
    ['has a tag that is none', 'fromImage=r.example/app&tag=..'],
  ])('is refused where it %s', (_why, query) => {
    expect(() => pull(query)).toThrow(invalid);
  });

  it('is refused where it is no reference', () => {
    const none = expect.objectContaining({ code: 'REFERENCE_INVALID' });
    for (const from of ['r.example/App', `r.example/app@${digest}0`, 'r.example//app', ' r.example/app:1'])
      expect(() => pull(`fromImage=${encodeURIComponent(from)}&tag=1`), from).toThrow(none);
  });

  it('may not be named by a body: the daemon would believe it more than the address, and does not show it', () => {
    const query = 'fromImage=r.example/app:1';
    expect(pull(query, { 'Content-Type': 'text/plain', 'Content-Length': '0' })).toBe('r.example/app:1');
    expect(pull(query, { 'User-Agent': 'x' })).toBe('r.example/app:1');
    expect(pull('fromSrc=-', { 'Content-Type': 'application/x-tar' })).toBe('import');
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json', '']) {
      expect(() => pull(query, { 'Content-Type': type })).toThrow(invalid);
      expect(() => pull(query, { 'content-type': type, 'content-length': '12' })).toThrow(invalid);
      expect(() => pull(query, { 'Content-Type': type, 'Content-Length': '00' })).toThrow(invalid);
    }
  });
});

describe('the images of a container', () => {
  it('are its own, and those that are mounted', () => {
    const Mounts = [
      { Type: 'image', Source: 'r.example/data:1', Target: '/data' },
      { Type: 'bind', Source: '/srv', Target: '/srv' },
      { Type: 'volume', Source: 'v', Target: '/v' },
    ];
    expect(create({ Image: 'r.example/app:1', HostConfig: { Mounts } })).toEqual([
      'r.example/app:1',
      'r.example/data:1',
    ]);
    expect(create({ Image: 'r.example/app:1', HostConfig: null })).toEqual(['r.example/app:1']);
    expect(create({ Image: 'r.example/app:1', HostConfig: { Mounts: null } })).toEqual(['r.example/app:1']);
  });

  it('are found in every spelling that Go takes', () => {
    expect(create({ image: 'r.example/app:1' })).toEqual(['r.example/app:1']);
    const hostconfig = { mountſ: [{ TYPE: 'image', ſource: 'r.example/data:1' }] };
    expect(create({ IMAGE: 'r.example/app:1', hostconfig })).toEqual(['r.example/app:1', 'r.example/data:1']);
  });

  it('are refused where they stand twice, in one spelling or two', () => {
    expect(() => create('{"Image":"r.example/app:1","image":"r.example/evil:1"}')).toThrow(invalid);
    expect(() => create('{"Image":"r.example/app:1","\\u0069mage":"r.example/evil:1"}')).toThrow(invalid);
    const twice = expect.objectContaining({ code: 'JSON_INVALID' });
    expect(() => create('{"Image":"r.example/app:1","Image":"r.example/evil:1"}')).toThrow(twice);
    expect(() => create('{"Image":"a","HostConfig":{},"hostconfig":{"Mounts":[]}}')).toThrow(invalid);
    const mounts = '"Mounts":[{"Type":"bind","type":"image","Source":"r.example/evil:1"}]';
    expect(() => create(`{"Image":"r.example/app:1","HostConfig":{${mounts}}}`)).toThrow(invalid);
  });

  it('may be labelled with what differs in case alone: a label is no field', () => {
    expect(create({ Image: 'r.example/app:1', Labels: { a: '1', A: '2' } })).toEqual(['r.example/app:1']);
  });

  it.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['a body that is cut off', '{"Image":"r.example/app:1"'],
    ['a body that is no JSON', 'Image=r.example/app:1'],
    ['two documents', '{"Image":"r.example/app:1"}{"Image":"r.example/evil:1"}'],
    ['a list', [{ Image: 'r.example/app:1' }]],
    ['null', null],
    ['no image', {}],
    ['an empty image', { Image: '' }],
    ['an image that is null', { Image: null }],
    ['an image that is no text', { Image: ['r.example/app:1'] }],
    ['mounts that are no list', { Image: 'r.example/app:1', HostConfig: { Mounts: {} } }],
    ['a mount that is no object', { Image: 'r.example/app:1', HostConfig: { Mounts: ['image'] } }],
    ['a mounted image without a name', { Image: 'r.example/app:1', HostConfig: { Mounts: [{ Type: 'image' }] } }],
    ['a configuration of the host that is none', { Image: 'r.example/app:1', HostConfig: 'x' }],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1')],
  ])('are refused with %s', (_what, body) => {
    const read = () => (body === undefined ? readContainer({}) : create(body));
    expect(read).toThrow(expect.objectContaining({ code: expect.stringMatching(/^(?:REQUEST|JSON)_INVALID$/) }));
  });
});

describe('the images of a service', () => {
  const spec = (ContainerSpec: object) => ({ Name: 's', TaskTemplate: { ContainerSpec } });

  it('are its own, and those that are mounted', () => {
    const Mounts = [{ Type: 'image', Source: 'r.example/data:1' }];
    expect(service(spec({ Image: 'r.example/app:1', Mounts }))).toEqual(['r.example/app:1', 'r.example/data:1']);
    expect(service({ taſktemplate: { containerspec: { image: 'r.example/app:1' } } })).toEqual(['r.example/app:1']);
  });

  it('are a plugin where one is named', () => {
    expect(service({ TaskTemplate: { Runtime: 'plugin', PluginSpec: { Remote: 'evil' } } })).toBe('plugins');
    expect(service({ TaskTemplate: { PluginSpec: {}, ContainerSpec: { Image: 'r.example/app:1' } } })).toBe('plugins');
  });

  it('cannot be seen in a rollback', () => {
    expect(() => service(spec({ Image: 'r.example/app:1' }), 'version=3&rollback=previous')).toThrow(invalid);
    expect(service(spec({ Image: 'r.example/app:1' }), 'version=3&rollback=')).toEqual(['r.example/app:1']);
  });

  it('are refused where none is named', () => {
    for (const body of [
      {},
      { TaskTemplate: {} },
      spec({}),
      { TaskTemplate: { NetworkAttachmentSpec: { ContainerID: 'c' } } },
    ])
      expect(() => service(body)).toThrow(invalid);
  });
});

it('no request makes them throw anything but their own errors', () => {
  const word = fc.constantFrom('fromImage', 'tag', 'fromSrc', '=', '&', '%', ';', digest, 'a/b', ':');
  const queries = fc.oneof(
    fc.string(),
    fc.array(word).map((words) => words.join('')),
  );
  const bodies = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(queries, bodies, (query, body) => {
      for (const read of [
        () => readPull(query, { headers: {} }),
        () => readContainer({ body }),
        () => readService(query, { body }),
      ]) {
        try {
          read();
        } catch (error) {
          expect(error instanceof AdmissionError || error instanceof RegistryError).toBe(true);
        }
      }
    }),
  );
});
