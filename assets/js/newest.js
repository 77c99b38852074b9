/** Maps that remember the last few things only. */

/** Make an entry of a map the newest one; beyond `most` of them the oldest goes. @returns its value */
export function newest(map, key, most) {
  const value = map.get(key);
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value);
  return value;
}
