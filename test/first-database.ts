import { openDatabase } from '../src/database/open-database.ts'

const database = await openDatabase({})
await database.close()
