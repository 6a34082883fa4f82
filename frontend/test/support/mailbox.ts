// A mail server that keeps what it is sent: as much of SMTP (RFC 5321) as one client needs.
import { createServer, type Socket } from 'node:net';

export interface Mailbox {
  url: string;
  /** The next mail, whole. */
  next: () => Promise<string>;
  stop: () => Promise<void>;
}

export async function startMailbox(): Promise<Mailbox> {
  const mails: string[] = [];
  const waiting: ((mail: string) => void)[] = [];
  const take = (mail: string) => {
    const taker = waiting.shift();
    if (taker) taker(mail);
    else mails.push(mail);
  };
  function talk(socket: Socket) {
    let text = '';
    let inside = false; // a mail
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('220 mailbox');
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (piece: string) => {
      text += piece;
      for (;;) {
        const end = text.indexOf(inside ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const line = text.slice(0, end);
        text = text.slice(end + (inside ? 5 : 2));
        if (inside) take(line);
        inside = !inside && line.toUpperCase() === 'DATA';
        say(inside ? '354 go on' : line.toUpperCase() === 'QUIT' ? '221 bye' : '250 OK');
      }
    });
  }
  const server = createServer(talk);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `smtp://127.0.0.1:${port}`,
    next: async () => mails.shift() ?? new Promise<string>((taker) => waiting.push(taker)),
    stop: async () => new Promise<void>((done) => server.close(() => done())),
  };
}
