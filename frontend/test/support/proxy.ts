/** A plain TCP relay in front of a server, whose connections can be cut at will: a bad network. */
import { createServer as createHttp, request } from 'node:http';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface Relay {
  url: string;
  /** Cut every connection; with `refuse`, no new ones until resume(). */
  cut(refuse?: boolean): void;
  resume(): void;
  close(): void;
}

export async function startRelay(target: string): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let refusing = false;
  const server = createServer((near) => {
    if (refusing) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(a);
      a.pipe(b);
      a.on('error', () => b.destroy());
      a.on('close', () => {
        open.delete(a);
        b.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const cut = (refuse = false) => {
    refusing = refuse;
    open.forEach((socket) => socket.destroy());
  };
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    cut,
    resume: () => (refusing = false),
    close: () => {
      cut();
      server.close();
    },
  };
}

/** A proxy that passes requests on and takes Upgrade out of them, as nginx does where nobody told it otherwise. */
export async function startPlainProxy(target: string): Promise<{ url: string; close(): void }> {
  const { hostname, port } = new URL(target);
  const server = createHttp((near, answer) => {
    const { upgrade, connection, ...headers } = near.headers;
    const far = request({ hostname, port, method: near.method, path: near.url, headers: upgrade ? { ...headers, connection: 'close' } : { ...headers, connection } }, (response) => {
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
    });
    far.on('error', () => answer.destroy());
    near.pipe(far);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
