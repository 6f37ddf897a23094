/** The slots of a Redis Cluster: which one a tag lies in, and a short tag for each of them. */

/** Slots of a Cluster. */
export const slotCount = 16_384

/** CRC-16/XMODEM of every byte, by which Redis Cluster places keys. */
const crcOfByte = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

/** The slot of a tag, which is what stands between the braces of a key. */
export function slotOfTag(tag: string): number {
  let crc = 0
  for (const byte of Buffer.from(tag)) crc = ((crc << 8) & 0xffff) ^ crcOfByte[(crc >> 8) ^ byte]!
  return crc % slotCount
}

let tags: readonly string[] | undefined

/** A tag of at most four characters that lies in this slot. All of them are found the first time that one is asked for. */
export function tagInSlot(slot: number): string {
  tags ??= tagsOfAllSlots()
  return tags[slot]!
}

function tagsOfAllSlots(): string[] {
  const found = new Array<string>(slotCount)
  let missing = slotCount
  for (let n = 0; missing > 0; n++) {
    const tag = n.toString(36)
    const slot = slotOfTag(tag)
    if (found[slot] !== undefined) continue
    found[slot] = tag
    missing -= 1
  }
  return found
}
