// A child that inserts and updates until it is killed, and says what was acknowledged.
import { writeSync } from 'node:fs'
import { openEmbeddedStore } from '../../../relay/store/embedded-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { FACTS } from './facts.ts'

const [data_dir, round] = [process.argv[2]!, Number(process.argv[3])]
const store = await openEmbeddedStore({ data_dir, isolation_level: 'database' })
const facts = store
  .forTenant(tenantScope('tn_facts', 'relay'))
  .collection<{ _id: string; [field: string]: unknown }>(FACTS)
writeSync(1, `started\n`)
for (let n = round * 1_000_000; ; n += 10) {
  await Promise.all(
    Array.from({ length: 10 }, async (_, offset) => {
      const _id = `f${n + offset}`
      await facts.insertOne({ _id, tenant_id: 'tn_facts', n: n + offset, text: 'x'.repeat(500) })
      writeSync(1, `inserted ${_id}\n`)
      await facts.updateOne({ _id }, { $set: { updated: true }, $push: { turns: 1 } })
      writeSync(1, `updated ${_id}\n`)
    }),
  )
}
