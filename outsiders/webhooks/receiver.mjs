// Receives messages and verifies them with npm standardwebhooks, as the Standard Webhooks specification requires.
//
// PORT: the port, or 0 for any free one. SECRET: the secret, if it is known at start. Secret and answers are set over
// HTTP:
//   PUT /secret   the secret, as text
//   PUT /answer   the status of the following answers, as text
//   GET /received messages in their order: whether the signature is valid, headers, payload

import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

let secret = process.env.SECRET;
let answer = 204;
const received = [];

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function verify(body, headers) {
  try {
    return { valid: true, payload: new Webhook(secret).verify(body, headers) };
  } catch (error) {
    return { valid: false, error: String(error) };
  }
}

const server = createServer(async (request, response) => {
  const body = await read(request);
  const end = (status, text = '') => response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  switch (`${request.method} ${request.url}`) {
    case 'PUT /secret':
      secret = body;
      return end(204);
    case 'PUT /answer':
      answer = Number(body);
      return end(204);
    case 'GET /received':
      return end(200, JSON.stringify(received));
    case 'POST /hook?key=confidential': {
      const { headers } = request;
      received.push({ answer, headers, body, ...verify(body, headers) });
      return end(answer);
    }
    default:
      return end(404);
  }
});

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
process.stdin.resume().on('end', () => process.exit());
