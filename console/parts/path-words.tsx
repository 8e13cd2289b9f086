/** A dotted path as text that may break after a dot, never within a word. */
import { Fragment } from 'react'

export const PathWords = ({ path }: { path: string }) => (
  <>
    {path.split(/(?<=[.[])/).map((part, at) => (
      <Fragment key={at}>
        {part}
        <wbr />
      </Fragment>
    ))}
  </>
)
