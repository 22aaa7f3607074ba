// Where people find the server, for links that somebody makes who works on its database without it.
import type { Queryable } from '../../database/database.ts'

/** That of a server which is started without further words. */
const USUAL = 'http://127.0.0.1:8300'

export async function keepServerAddress(database: Queryable, url: URL): Promise<void> {
  await database.query(
    'insert into server_address (url) values ($1) on conflict (one) do update set url = excluded.url where server_address.url <> excluded.url',
    [url.origin],
  )
}

/** That of the server which was started last. */
export async function serverAddress(database: Queryable): Promise<string> {
  const [row] = await database.query<{ url: string }>('select url from server_address')
  return row?.url ?? USUAL
}
