/** Dotted paths into a message, taken apart once and read many times. */
import { isObject, own, ownReader, type Json } from '../own-keys.ts'
import { Layered } from './layered.ts'
import type { Message } from './message.ts'

export type Reader = (message: Message) => unknown

/** A reader of a path such as `context.app.version`; own keys only, `externalIds.0.id` goes into arrays. */
export function pathReader(path: string): Reader {
  const [root = '', ...rest] = path.split('.')
  return rest.reduce((read, key) => childReader(read, key), rootReader(root))
}

/** The same for a path that a person wrote: a top-level field may itself be spelt with a dot, and goes first. */
export function settingReader(path: string): Reader {
  const read = pathReader(path)
  return path.includes('.') ? (message) => own(message.item, path) ?? read(message) : read
}

function rootReader(root: string): Reader {
  if (root === 'context') return (message) => message.context
  if (root === 'properties') return (message) => message.properties
  if (root === 'traits') return (message) => message.traits
  const read = ownReader(root)
  return (message) => read(message.item)
}

function childReader(readParent: Reader, key: string): Reader {
  const read = ownReader(key)
  return (message) => {
    const parent = readParent(message)
    if (parent instanceof Layered) return parent.get(read)
    if (isObject(parent)) return read(parent)
    return Array.isArray(parent) && key !== 'length' && Object.hasOwn(parent, key)
      ? (parent as unknown as Json)[key]
      : undefined
  }
}
