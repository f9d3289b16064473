// Reading what reports/packing.py packed, and writing numbers as reports/wording.py writes them.

const LEAST = -18;

async function inflate(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function unpackJson(text) {
  return JSON.parse(new TextDecoder().decode(await inflate(text)));
}

async function unpackNumbers(text) {
  const bytes = await inflate(text), half = bytes.length / 2, values = new Float64Array(half);
  for (let i = 0; i < half; i += 1) values[i] = number16(bytes[i] | (bytes[half + i] << 8));
  return values;
}

function number16(code) {
  if (code < 4) return [NaN, 0, Infinity, -Infinity][code];
  const power = ((code >> 10) & 31) + LEAST, digits = code & 1023;
  // Dividing by a power of ten is exact to the last digit where multiplying by its inverse is not.
  const size = power < 0 ? digits / 10 ** -power : digits * 10 ** power;
  return code >> 15 ? -size : size;
}

function strip(digits) {
  return digits.includes(".") ? digits.replace(/0+$/, "").replace(/\.$/, "") : digits;
}

function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-4 || size >= 1e15) {
    const [mantissa, power] = value.toExponential(2).split("e");
    return `${strip(mantissa)}e${Number(power)}`;
  }
  return size >= 1000 ? count(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function percent(share) {
  if (share === null || !Number.isFinite(share)) return "–";
  const hundredths = Math.abs(share) * 100, sign = share < 0 ? "-" : "";
  if (hundredths > 0 && hundredths < 0.01) return `${sign}<0.01%`;
  if (hundredths > 99.99 && hundredths < 100) return `${sign}>99.99%`;
  return `${sign}${strip(hundredths.toFixed(hundredths >= 10 ? 1 : 2))}%`;
}

const count = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const plural = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
const signed = (value) => (value > 0 ? `+${number(value)}` : number(value));

const unsigned = (written) => written.replace(/^\+/, "");

function amount(unit, effect) {
  if (effect === null || !Number.isFinite(effect)) return number(effect);
  if (unit === "share") return `${signed(effect * 100)} pp`;
  if (unit === "log") return `× ${number(Math.exp(effect))}`;
  return unit === "sd" ? `${signed(effect)} sd` : number(effect);
}

const raw = (unit, value) => (unit === "share" ? percent(value) : amount(unit, value));

function interval(unit, low, high) {
  if (Number.isNaN(low) || Number.isNaN(high)) return "";
  const [from, to] = [low, high].map((end) => (unit === "log" ? Math.exp(end) : unit === "share" ? end * 100 : end));
  return `${number(from)} to ${number(to)}`;
}

function probability(value) {
  if (value === null || Number.isNaN(value)) return "–";
  return value < 1e-4 ? "<0.0001" : String(Number(value.toPrecision(2)));
}
