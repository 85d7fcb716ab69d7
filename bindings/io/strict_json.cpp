#include "entrospect/bindings/io/detail/strict_json.hpp"

#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>
#include <vector>

#include "entrospect/bindings/io/detail/text.hpp"

namespace entrospect::io {
namespace {

constexpr std::size_t deepest = 16;

// Tells how far the parser has read, which its events do not.
struct Cursor {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  const char** reached;
  reference operator*() const { return *at; }
  Cursor& operator++() {
    *reached = ++at;
    return *this;
  }
  Cursor operator++(int) {
    const Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at == other.at; }
  bool operator!=(const Cursor& other) const { return at != other.at; }
};

class Handler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Handler(std::string_view text, FileError::Where where, JsonEvents& events)
      : text_(text), where_(std::move(where)), events_(events), reached(text.data()) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::uint64_t{value}); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(double{value}); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // does not occur in JSON

  bool start_object(std::size_t) override { return begin(true); }
  bool start_array(std::size_t) override { return begin(false); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& value) override {
    if (!keys_.back().insert(value).second) fail("each key once in an object", "'" + printable(value) + "' again");
    path_.back() = std::move(value);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    const std::string text = error.what();
    const std::size_t bracket = text.find("] ");  // "[json.exception.parse_error.101] ..."
    fail("JSON in UTF-8", printable(bracket == std::string::npos ? text : text.substr(bracket + 2)));
  }

 private:
  [[nodiscard]] std::uint64_t offset() const { return where_.offset + static_cast<std::uint64_t>(reached - text_.data()); }
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
    throw FileError({where_.file, where_.tensor, offset()}, expected, found, "write the file again with the safetensors library");
  }

  bool begin(bool object) {
    if (keys_.size() == deepest) fail("at most " + std::to_string(deepest) + " levels of nesting", "more");
    events_.begin({path_, offset()}, object);
    keys_.emplace_back();
    path_.emplace_back();
    return true;
  }
  bool end() {
    keys_.pop_back();
    path_.pop_back();
    events_.end({path_, offset()});
    return true;
  }
  bool scalar(const JsonScalar& value) {
    events_.scalar({path_, offset()}, value);
    return true;
  }

  std::string_view text_;
  FileError::Where where_;
  JsonEvents& events_;
  std::vector<std::unordered_set<std::string>> keys_;  // seen in each open object
  std::vector<std::string> path_;

 public:
  const char* reached;
};

}  // namespace

std::string describe(const JsonScalar& value) {
  struct Describe {
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::uint64_t number) const { return "the number " + std::to_string(number); }
    std::string operator()(std::int64_t number) const { return "the number " + std::to_string(number); }
    std::string operator()(double number) const { return "the number " + nlohmann::json(number).dump(); }
    std::string operator()(const std::string& text) const { return "the text '" + printable(text) + "'"; }
  };
  return std::visit(Describe{}, value);
}

void parse_json(std::string_view text, const FileError::Where& where, JsonEvents& events) {
  // The parser takes a zero byte for the end of its input.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
    throw FileError({where.file, where.tensor, where.offset + zero}, "JSON in UTF-8", "a zero byte",
                    "write the file again with the safetensors library");
  Handler handler(text, where, events);
  const Cursor first{text.data(), &handler.reached}, last{text.data() + text.size(), &handler.reached};
  (void)nlohmann::json::sax_parse(first, last, &handler);  // every failure has thrown
}

}  // namespace entrospect::io
