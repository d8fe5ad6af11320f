// Serves the built page on this machine only, under the strictest Content-Security-Policy it works
// with: its own files and nothing else, no inline code, no eval.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'permissions-policy': 'camera=(self)',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** Resolves with the address; on another port where `port` is taken. 0 is any. */
export async function servePage(
  files: ReadonlyMap<string, Uint8Array>,
  port: number,
): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer(({ url = '/', method }, response) => {
    const path = new URL(url, 'http://localhost').pathname.slice(1);
    const name = path === '' ? 'index.html' : path;
    const body = files.get(name);
    if (body === undefined || (method !== 'GET' && method !== 'HEAD')) {
      response.writeHead(body === undefined ? 404 : 405, headers).end();
      return;
    }
    const type = types[extname(name)] ?? 'application/octet-stream';
    response
      .writeHead(200, { ...headers, 'content-type': type, 'content-length': body.length })
      .end(method === 'HEAD' ? undefined : body);
  });
  await listening(server, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return listening(server, 0);
  });
  const { port: actual } = server.address() as AddressInfo;
  return { server, address: `http://localhost:${actual}/` };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
