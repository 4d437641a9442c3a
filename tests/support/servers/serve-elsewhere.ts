// A server that does not read PORT and takes any other port.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((_request, response) => response.end())
server.listen(0, () => console.log(`port ${(server.address() as AddressInfo).port}`))
