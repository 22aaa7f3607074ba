// Run by a test as a process of its own: writes two sessions in turn into a credentials file until it is killed.
import { writeSection } from '../../src/capabilities/access/credentials-file.ts'

const [file = ''] = process.argv.slice(2)
process.stdout.write('writing\n')
for (let turn = 0; ; turn++) {
  const letter = turn % 2 === 0 ? 'A' : 'B'
  const of = (name: string) => `${name}-${letter.repeat(2_000)}`
  const session = { accessKeyId: of('id'), secretAccessKey: of('secret'), sessionToken: of('token'), expiresAt: 0 }
  await writeSection(file, 'reshine-assume', session)
}
