#include "entrospect/bindings/io/detail/npy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "entrospect/bindings/io/detail/text.hpp"

namespace entrospect::io {
namespace {

constexpr std::uint64_t longest_header = 10000;
constexpr std::string_view remedy = "save the array again with numpy.save";

// The grammar of the header: a dictionary with exactly the keys descr (text), fortran_order (True or False), shape (tuple of whole
// numbers), in any order. Nothing is evaluated.
class Literal {
 public:
  Literal(std::string_view text, FileError::Where where) : text_(text), where_(std::move(where)), first_(where_.offset) {}

  void parse() {
    expect('{');
    while (!accept('}')) {
      field();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (i_ != text_.size()) fail("the end of the header");
    const auto require = [&](bool present, const char* key) {
      if (!present) fail(std::string("the key '") + key + "'", "a header without it");
    };
    require(descr_.has_value(), "descr");
    require(fortran_order_.has_value(), "fortran_order");
    require(shape_.has_value(), "shape");
  }

  // A list of fields (a structured array) leaves the text empty.
  [[nodiscard]] const std::string& descr() const { return *descr_; }
  [[nodiscard]] bool fortran_order() const { return *fortran_order_; }
  [[nodiscard]] const std::vector<std::uint64_t>& shape() const { return *shape_; }

 private:
  [[noreturn]] void fail(const std::string& expected, std::string found = {}) {
    where_.offset = first_ + i_;
    if (found.empty()) found = i_ < text_.size() ? "'" + printable(text_.substr(i_, 20)) + "'" : "the end of the header";
    throw FileError(where_, expected, found, std::string(remedy));
  }

  void skip_spaces() {
    while (i_ < text_.size() && (text_[i_] == ' ' || (text_[i_] >= '\t' && text_[i_] <= '\r'))) ++i_;
  }
  bool accept(char c) {
    skip_spaces();
    if (i_ >= text_.size() || text_[i_] != c) return false;
    ++i_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "'");
  }
  bool accept_word(std::string_view word) {
    skip_spaces();
    if (text_.substr(i_, word.size()) != word) return false;
    i_ += word.size();
    return true;
  }

  std::string quoted() {
    skip_spaces();
    const char quote = i_ < text_.size() ? text_[i_] : '\0';
    if (quote != '\'' && quote != '"') fail("a quoted text");
    const std::size_t end = text_.find(quote, i_ + 1);
    if (end == std::string_view::npos) fail("a closing quote");
    const std::string_view inside = text_.substr(i_ + 1, end - i_ - 1);
    if (inside.find('\\') != std::string_view::npos) fail("a text without escapes");
    i_ = end + 1;
    return std::string(inside);
  }

  void field() {
    const std::string key = quoted();
    expect(':');
    const auto once = [&](bool present) {
      if (present) fail("each key once", "'" + key + "' again");
    };
    if (key == "descr") {
      once(descr_.has_value());
      skip_spaces();
      if (i_ < text_.size() && text_[i_] == '[') {
        skip_list();
        descr_.emplace();
      } else {
        descr_ = quoted();
      }
    } else if (key == "fortran_order") {
      once(fortran_order_.has_value());
      if (accept_word("True")) {
        fortran_order_ = true;
      } else if (accept_word("False")) {
        fortran_order_ = false;
      } else {
        fail("True or False");
      }
    } else if (key == "shape") {
      once(shape_.has_value());
      shape_ = tuple();
    } else {
      fail("the keys descr, fortran_order and shape only", "'" + printable(key) + "'");
    }
  }

  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> out;
    bool comma = true;
    expect('(');
    while (!accept(')')) {
      if (!comma) fail("',' or ')'");
      skip_spaces();
      std::uint64_t value = 0;
      const auto [stop, error] = std::from_chars(text_.data() + i_, text_.data() + text_.size(), value);
      if (error != std::errc{} || value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        fail("a dimension from 0 to 2^63 - 1");
      i_ = static_cast<std::size_t>(stop - text_.data());
      if (i_ < text_.size() && text_[i_] == 'L') ++i_;  // long integers as Python 2 wrote them
      out.push_back(value);
      comma = accept(',');
    }
    if (out.size() == 1 && !comma) fail("a tuple: (n,)", "a number in brackets");
    return out;
  }

  // Over a list of fields, whose content does not matter because it is refused; quotes may hold brackets.
  void skip_list() {
    std::size_t depth = 0;
    do {
      skip_spaces();
      if (i_ >= text_.size()) fail("']'");
      const char c = text_[i_];
      if (c == '\'' || c == '"') {
        (void)quoted();
        continue;
      }
      if (c == '[') ++depth;
      if (c == ']') --depth;
      ++i_;
    } while (depth > 0);
  }

  std::string_view text_;
  std::size_t i_ = 0;
  FileError::Where where_;
  std::uint64_t first_;
  std::optional<std::string> descr_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<std::uint64_t>> shape_;
};

bool is_void_of_two(const std::string& descr) { return descr == "V2" || descr == "|V2" || descr == "<V2"; }

// Why elements of this type cannot be read at all.
std::optional<FileError> element_fault(const FileError::Where& where, const std::string& descr, const Element& element) {
  if (element.kind != Element::Kind::unknown) return std::nullopt;
  const std::string expected = "numbers, booleans or texts";
  if (descr.empty()) return FileError(where, expected, "a structured array", "save one field: numpy.save(path, a['field'])");
  if (descr.ends_with('O'))
    return FileError(where, expected, "Python objects, which are pickled and never loaded",
                     "save numbers: numpy.save(path, a.astype('float32'))");
  if (is_void_of_two(descr))
    return FileError(where, "a named element type", "'" + descr + "', which is how NumPy loses bfloat16",
                     "add --dtype bf16 (Python: dtype='bf16') if these are bfloat16 values");
  return FileError(where, expected, "elements of type '" + printable(descr) + "'", "save numbers: numpy.save(path, a.astype('float32'))");
}

}  // namespace

void read_npy_header(Sequence& in, std::uint64_t size, const ReadOptions& options, Stored& tensor) {
  TensorInfo& info = tensor.info;
  FileError::Where where{info.file, info.name, 0};
  const auto fail = [&](std::uint64_t offset, const std::string& expected, const std::string& found) {
    where.offset = offset;
    throw FileError(where, expected, found, std::string(remedy));
  };
  const auto bytes_found = [](std::uint64_t count) { return std::to_string(count) + " bytes"; };

  if (size < 10) fail(0, "a .npy header of at least 10 bytes", bytes_found(size));
  std::array<std::byte, 12> start{};
  const auto start_byte = [&](std::size_t i) { return std::to_integer<unsigned>(start[i]); };
  in.next(std::span(start).first(8));
  constexpr std::string_view magic = "\x93NUMPY";
  const std::string_view found_magic(reinterpret_cast<const char*>(start.data()), magic.size());
  if (found_magic != magic) fail(0, "the .npy magic \\x93NUMPY", "'" + printable(found_magic) + "'");
  const unsigned major = start_byte(6), minor = start_byte(7);
  if (major < 1 || major > 3 || minor != 0) fail(6, ".npy version 1.0, 2.0 or 3.0", std::to_string(major) + "." + std::to_string(minor));
  const std::size_t prefix = major == 1 ? 10 : 12;
  if (size < prefix) fail(8, "a header length of 4 bytes", "the end of the data");
  in.next(std::span(start).subspan(8, prefix - 8));
  std::uint64_t length = 0;
  for (std::size_t i = prefix; i-- > 8;) length = length << 8 | start_byte(i);
  if (length > longest_header) fail(8, "a header of at most " + bytes_found(longest_header), bytes_found(length));
  if (length > size - prefix) fail(8, "a header within the " + bytes_found(size - prefix) + " that follow", bytes_found(length));

  std::string text(static_cast<std::size_t>(length), '\0');
  in.next(std::as_writable_bytes(std::span(text)));
  if (major == 3 && !is_utf8(text)) fail(prefix, "a header in UTF-8", "bytes that are not");
  where.offset = prefix;
  Literal literal(text, where);
  literal.parse();

  info.dtype = literal.descr().empty() ? "structured" : literal.descr();
  info.shape = literal.shape();
  info.fortran_order = literal.fortran_order();
  info.offset = prefix + length;
  tensor.element = npy_element(literal.descr(), info.byte_swapped);
  if (options.dtype == "bf16" && is_void_of_two(info.dtype)) tensor.element = {Element::Kind::brain, 2};

  const std::uint64_t payload = size - info.offset;
  const auto bytes = checked_bytes(info.shape, std::max<std::uint64_t>(tensor.element.size, 1));
  const std::string what = info.dtype + " of shape " + shape_text(info.shape);
  if (!bytes) fail(prefix, "a shape whose product fits into 63 bits", printable(what));
  info.bytes = *bytes;
  tensor.fault = element_fault({info.file, info.name, prefix}, literal.descr(), tensor.element);
  if (tensor.element.size == 0) {  // objects and structured arrays: the length is unknown
    info.bytes = payload;
    return;
  }
  if (info.bytes > payload || (info.bytes < payload && !options.lenient)) {
    where.offset = info.offset;
    throw FileError(
        where, bytes_found(info.bytes) + " of data for " + printable(what), bytes_found(payload),
        info.bytes > payload ? "write the file again; its writer was interrupted" : "save it again, or add --lenient to ignore the tail");
  }
}

}  // namespace entrospect::io
