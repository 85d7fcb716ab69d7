#include "entrospect/bindings/io/detail/element.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "entrospect/bindings/io/detail/text.hpp"

namespace entrospect::io {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian; a big-endian host would have to swap all of them");

using Kind = Element::Kind;

template <class T>
T load(const std::byte* data, std::size_t i) {  // payloads may start at any address
  T value;
  std::memcpy(&value, data + i * sizeof(T), sizeof(T));
  return value;
}

double real_at(const std::byte* data, std::size_t i, Element element) {
  if (element.kind == Kind::brain) return widen_bf16(load<std::uint16_t>(data, i));
  if (element.size == 2) return widen_f16(load<std::uint16_t>(data, i));
  return element.size == 4 ? static_cast<double>(load<float>(data, i)) : load<double>(data, i);
}

std::int64_t integer_at(const std::byte* data, std::size_t i, std::uint64_t size) {
  switch (size) {
    case 1:
      return load<std::int8_t>(data, i);
    case 2:
      return load<std::int16_t>(data, i);
    case 4:
      return load<std::int32_t>(data, i);
    default:
      return load<std::int64_t>(data, i);
  }
}

std::uint64_t natural_at(const std::byte* data, std::size_t i, std::uint64_t size) {
  switch (size) {
    case 1:
      return load<std::uint8_t>(data, i);
    case 2:
      return load<std::uint16_t>(data, i);
    case 4:
      return load<std::uint32_t>(data, i);
    default:
      return load<std::uint64_t>(data, i);
  }
}

FileError::Where at(const FileError::Where& where, std::size_t i, Element element) {
  return {where.file, where.tensor, where.offset + i * element.size};
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6)), tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18)), tail(12), tail(6), tail(0);
  }
}

// NumPy pads texts with zeros on the right.
std::string text_at(const std::byte* data, std::size_t i, Element element, const FileError::Where& where) {
  std::string out;
  if (element.kind == Kind::bytes) {
    out.assign(reinterpret_cast<const char*>(data) + i * element.size, element.size);
    while (!out.empty() && out.back() == '\0') out.pop_back();
    if (!is_utf8(out))
      throw FileError(at(where, i, element), "texts in UTF-8", "'" + printable(out) + "'",
                      "save the labels as str: np.char.decode(labels, ...)");
    return out;
  }
  std::size_t characters = element.size / 4;
  const auto character = [&](std::size_t k) { return load<std::uint32_t>(data + i * element.size, k); };
  while (characters > 0 && character(characters - 1) == 0) --characters;
  for (std::size_t k = 0; k < characters; ++k) {
    const std::uint32_t code = character(k);
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
      throw FileError(at(where, i, element), "Unicode characters", "code " + std::to_string(code),
                      "save the labels again from Python texts");
    append_utf8(out, code);
  }
  return out;
}

FileError not_a_column(const FileError::Where& where, const std::string& expected) {
  return {where, expected, "elements of another type", "save the values as an array of numbers or texts"};
}

}  // namespace

std::optional<DType> Element::dtype() const {
  if (kind == Kind::brain) return DType::bf16;
  if (kind != Kind::floating) return std::nullopt;
  return size == 2 ? DType::f16 : size == 4 ? DType::f32 : DType::f64;
}

std::uint64_t Element::unit() const { return kind == Kind::text ? 4 : kind == Kind::bytes ? 1 : size; }

Element safetensors_element(std::string_view dtype) {
  static constexpr std::pair<std::string_view, Element> known[] = {
      {"BOOL", {Kind::boolean, 1}}, {"U8", {Kind::natural, 1}},      {"I8", {Kind::integer, 1}},      {"I16", {Kind::integer, 2}},
      {"U16", {Kind::natural, 2}},  {"I32", {Kind::integer, 4}},     {"U32", {Kind::natural, 4}},     {"I64", {Kind::integer, 8}},
      {"U64", {Kind::natural, 8}},  {"BF16", {Kind::brain, 2}},      {"F16", {Kind::floating, 2}},    {"F32", {Kind::floating, 4}},
      {"F64", {Kind::floating, 8}}, {"F8_E5M2", {Kind::unknown, 1}}, {"F8_E4M3", {Kind::unknown, 1}},
  };
  for (const auto& [name, element] : known)
    if (name == dtype) return element;
  return {};
}

Element npy_element(std::string_view descr, bool& swapped) {
  swapped = false;
  if (descr == "bfloat16") return {Kind::brain, 2};
  if (descr.empty()) return {};
  const char order = descr.front();
  const bool has_order = order == '<' || order == '>' || order == '|' || order == '=';
  if (has_order) descr.remove_prefix(1);
  if (descr.size() < 2) return {};
  const char letter = descr.front();
  std::uint64_t number = 0;
  const char* end = descr.data() + descr.size();
  if (const auto [stop, error] = std::from_chars(descr.data() + 1, end, number); error != std::errc{} || stop != end) return {};
  const auto sized = [&](Kind kind, std::initializer_list<std::uint64_t> sizes) {
    return std::find(sizes.begin(), sizes.end(), number) != sizes.end() ? Element{kind, number} : Element{};
  };
  Element element;
  if (letter == 'b') element = sized(Kind::boolean, {1});
  if (letter == 'i') element = sized(Kind::integer, {1, 2, 4, 8});
  if (letter == 'u') element = sized(Kind::natural, {1, 2, 4, 8});
  if (letter == 'f') element = sized(Kind::floating, {2, 4, 8});
  if (letter == 'S' && number > 0) element = {Kind::bytes, number};
  if (letter == 'U' && number > 0 && number <= std::numeric_limits<std::uint64_t>::max() / 4) element = {Kind::text, number * 4};
  // Sizes that are fixed by the letter: complex numbers, dates and raw bytes can at least be checked against the file's length.
  if (letter == 'c' || letter == 'V' || letter == 'm' || letter == 'M' || (letter == 'f' && element.size == 0)) element.size = number;
  swapped = order == '>' && element.unit() > 1;
  return element;
}

std::optional<std::uint64_t> checked_bytes(std::span<const std::uint64_t> shape, std::uint64_t element_size) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  std::uint64_t product = element_size;
  bool empty = element_size == 0;
  for (const std::uint64_t dimension : shape) {
    if (dimension == 0) {
      empty = true;
      continue;
    }
    if (product > 0 && dimension > most / product) return std::nullopt;
    product *= dimension;
  }
  return empty ? 0 : product;
}

void swap_bytes(std::span<std::byte> data, std::uint64_t unit) {
  for (std::size_t i = 0; unit > 1 && i + unit <= data.size(); i += unit) std::reverse(data.data() + i, data.data() + i + unit);
}

Labels to_labels(const std::byte* data, std::size_t count, Element element, const FileError::Where& where) {
  if (element.is_text()) {
    std::vector<std::string> texts(count);
    for (std::size_t i = 0; i < count; ++i) texts[i] = text_at(data, i, element, where);
    return Labels(std::move(texts));
  }
  if (element.dtype()) return Labels(to_numbers(data, count, element, where));
  if (element.kind == Kind::unknown) throw not_a_column(where, "numbers, booleans or texts");
  std::vector<std::int64_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (element.kind == Kind::integer) {
      numbers[i] = integer_at(data, i, element.size);
      continue;
    }
    const std::uint64_t value = natural_at(data, i, element.size);
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      throw FileError(at(where, i, element), "labels below 2^63", std::to_string(value),
                      "number the classes from 0: np.unique(y, return_inverse=True)[1]");
    numbers[i] = element.kind == Kind::boolean ? static_cast<std::int64_t>(value != 0) : static_cast<std::int64_t>(value);
  }
  return Labels(std::move(numbers));
}

std::vector<double> to_numbers(const std::byte* data, std::size_t count, Element element, const FileError::Where& where) {
  std::vector<double> numbers(count);
  constexpr std::uint64_t exact = std::uint64_t{1} << 53;  // above it not every whole number is a double
  for (std::size_t i = 0; i < count; ++i) {
    if (element.dtype()) {
      numbers[i] = real_at(data, i, element);
      continue;
    }
    std::uint64_t magnitude = 0;
    bool negative = false;
    if (element.kind == Kind::integer) {
      const std::int64_t value = integer_at(data, i, element.size);
      negative = value < 0;
      magnitude = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    } else if (element.kind == Kind::natural || element.kind == Kind::boolean) {
      magnitude = natural_at(data, i, element.size);
    } else {
      throw not_a_column(where, "numbers");
    }
    if (magnitude > exact)
      throw FileError(at(where, i, element), "whole numbers up to 2^53", (negative ? "-" : "") + std::to_string(magnitude),
                      "save the values as float64");
    numbers[i] = negative ? -static_cast<double>(magnitude) : static_cast<double>(magnitude);
  }
  return numbers;
}

}  // namespace entrospect::io
