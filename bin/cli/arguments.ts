/** How the values of options are read. What does not fit is commander's error, which becomes `usage`. */
import { InvalidArgumentError } from 'commander'

/** A whole number within bounds, both included. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < min || number > max)
      throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`)
    return number
  }

export const oneOf =
  <const T extends string>(values: readonly T[]) =>
  (text: string): T => {
    const found = values.find((value) => value === text)
    if (found === undefined) throw new InvalidArgumentError(`Give one of: ${values.join(', ')}.`)
    return found
  }

/** An option that may be given several times, each also with commas. */
export const listOf =
  <T extends string>(parse: (text: string) => T) =>
  (text: string, before: T[] = []): T[] => [...before, ...text.split(',').map((part) => parse(part.trim()))]

/** An option that may be given several times; a comma belongs to the name. */
export const several = (text: string, before: string[] = []): string[] => [...before, text]

/** Fields that were given: an option that is absent is no field of a body or query. */
export function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
