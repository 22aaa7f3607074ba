// A program that answers each line of JSON with one, in order.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface LineSession {
  ask(question: object): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export function lineSession([command = '', ...args]: string[], env: Record<string, string>): LineSession {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: PromiseWithResolvers<Record<string, unknown>>[] = []
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => end(error, resolve))
    child.once('close', (code) => end(new Error(`${command} ended with ${code}`), resolve))
  })
  function end(error: Error, resolve: () => void): void {
    for (const one of waiting.splice(0)) one.reject(error)
    resolve()
  }
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)))
  return {
    ask(question) {
      const answer = Promise.withResolvers<Record<string, unknown>>()
      if (child.exitCode !== null) answer.reject(new Error(`${command} is no longer there`))
      else waiting.push(answer)
      child.stdin.write(`${JSON.stringify(question)}\n`)
      return answer.promise
    },
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
