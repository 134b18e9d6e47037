/** An element with text or children. Everything from a report goes through here, as text and never as HTML. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/** A button that can be on or off. */
export function toggle(
  className: string,
  on: boolean,
  press: () => void,
  ...children: readonly (Node | string)[]
): HTMLButtonElement {
  const made = element('button', className, ...children);
  made.type = 'button';
  made.setAttribute('aria-pressed', String(on));
  made.addEventListener('click', press);
  return made;
}
