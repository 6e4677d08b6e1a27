/**
 * Shows a list that changes all the time: what stays keeps its element, and so its focus and its place.
 * @param make called with a new item; returns `{ node, show }`, of which `show` is called with the item now and at each change
 */
export function keyedList(parent, keyOf, make) {
  const rows = new Map();
  return (items) => {
    const keys = new Set(items.map(keyOf));
    for (const [key, { node }] of rows) {
      if (keys.has(key)) continue;
      node.remove();
      rows.delete(key);
    }
    items.forEach((item, index) => {
      const key = keyOf(item);
      const row = rows.get(key) ?? make(item);
      rows.set(key, row);
      row.show(item);
      if (parent.children[index] !== row.node) parent.insertBefore(row.node, parent.children[index] ?? null);
    });
  };
}

/** Sets a text only where it is another, so that what is read aloud or selected is left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
