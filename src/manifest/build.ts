// What an image is built of.
import { z } from 'zod'
import { EnvironmentVariable, optional, pattern, withShortForms } from './field.ts'

export const Folder = pattern(/^(?![/~])(?!.*(^|\/)\.\.(\/|$)).+$/, 'folder')

export const Build = withShortForms(
  z.strictObject({
    context: optional(Folder, 'Folder that the Dockerfile sees', 'Dockerfile から見えるフォルダ'),
    dockerfile: optional(
      Folder,
      'The Dockerfile, from the context; Dockerfile by default',
      'コンテキストから見た Dockerfile。既定は Dockerfile',
    ),
    args: optional(
      z.record(EnvironmentVariable, z.string()),
      'Build arguments; never a secret: they stay in the image',
      'ビルド引数。イメージに残るため秘密の値は書かない',
    ),
    target: optional(z.string().min(1), 'Stage of a multi-stage Dockerfile', 'マルチステージの対象ステージ'),
  }),
  Folder.transform((context) => ({ context })),
)
