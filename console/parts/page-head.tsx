/** A page's title, one sentence, and its actions. */
import { useEffect, type ReactNode } from 'react'

interface Head {
  title: string
  children?: ReactNode
  actions?: ReactNode
}

export function PageHead({ title, children, actions }: Head) {
  useEffect(() => {
    document.title = `${title} · Causeway`
    const announced = document.getElementById('announced')
    if (announced) announced.textContent = title
  }, [title])
  return (
    <header className="page-head">
      <div className="grow">
        <h1>{title}</h1>
        {children !== undefined && <p>{children}</p>}
      </div>
      {actions}
    </header>
  )
}
