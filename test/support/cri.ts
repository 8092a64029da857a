import { connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';

/** How a call of the Container Runtime Interface ended: `code` 0 is success. Rule: gRPC over HTTP/2, "Status" */
export interface CriResult {
  readonly code: number;
  readonly message: string;
}

/** Pulls an image as the kubelet does. Rule: k8s.io/cri-api runtime/v1 ImageService.PullImage */
export function criPull(socket: string, image: string): Promise<CriResult> {
  const name = Buffer.from(image);
  // PullImageRequest.image (1) is an ImageSpec, whose image (1) is the name; a length takes two bytes in its base-128 form.
  const spec = Buffer.concat([field(name.length), name]);
  const request = Buffer.concat([field(spec.length), spec]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(request.length, 1);
  return new Promise((resolve, reject) => {
    const session = connect('http://localhost', { createConnection: () => connectSocket(socket) });
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/runtime.v1.ImageService/PullImage',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let code = -1;
    let message = '';
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers['grpc-status'] === undefined) return;
      code = Number(headers['grpc-status']);
      message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
    };
    stream.on('response', read).on('trailers', read).on('error', reject);
    stream.on('close', () => {
      session.close();
      resolve({ code, message });
    });
    stream.resume().end(Buffer.concat([head, request]));
  });
}

/** The tag of field 1 (length-delimited) and its length. */
function field(length: number): Buffer {
  return Buffer.of(0x0a, 0x80 | (length & 0x7f), length >> 7);
}
