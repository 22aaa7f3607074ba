// The argument parser's own sentences in Japanese.
import { type ApplicationText, ArgumentScannerError, formatMessageForArgumentScannerError, text_en } from '@stricli/core'
import { parserJa as ja } from '../core/messages/cli.ts'

export const japanese: ApplicationText = {
  ...text_en,
  headers: ja.headers,
  keywords: ja.keywords,
  briefs: ja.briefs,
  noCommandRegisteredForInput: ({ input, corrections }) => ja.unknownCommand(input, corrections),
  exceptionWhileParsingArguments(exception, colour) {
    if (!(exception instanceof ArgumentScannerError)) return text_en.exceptionWhileParsingArguments.call(this, exception, colour)
    return formatMessageForArgumentScannerError(exception, {
      FlagNotFoundError: (error) => ja.flagUnknown(error.input, error.corrections),
      AliasNotFoundError: (error) => ja.aliasUnknown(error.input),
      UnsatisfiedFlagError: (error) => ja.valueMissing(error.externalFlagName),
      EnumValidationError: (error) => ja.valueNotAllowed(error.externalFlagName, error.input, error.values),
      ArgumentParseError: (error) => ja.valueUnreadable(error.externalFlagNameOrPlaceholder, error.input),
      UnsatisfiedPositionalError: (error) => ja.argumentMissing(error.placeholder),
      UnexpectedPositionalError: (error) => ja.argumentExtra(error.input),
      UnexpectedFlagError: (error) => ja.flagTwice(error.externalFlagName),
    })
  },
}
