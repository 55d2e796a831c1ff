// The keys on the screen: what a train number, a station's letters and an hour of the day need.

const LETTERS = [..."GDCZTKYSL"];
const DIGITS = [..."1234567890"];
const ALPHABET = [..."QWERTYUIOPASDFGHJKLZXCVBNM"];

const plain = (value) => ({ text: value, value });
const ERASE = { word: "erase", value: "erase", wide: true };

/** The keys of a way to search, in reading order. */
export function keysFor(tab) {
  if (tab === "number") {
    return [...LETTERS.map(plain), ERASE, ...DIGITS.map(plain)];
  }
  if (tab === "place") {
    return [...ALPHABET.map(plain), ERASE];
  }
  const hours = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, "0")}:00`);
  return [{ word: "now", value: "now", wide: true }, ...hours.map(plain)];
}
