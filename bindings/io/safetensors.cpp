#include "entrospect/bindings/io/detail/safetensors.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "entrospect/bindings/io/detail/strict_json.hpp"
#include "entrospect/bindings/io/detail/text.hpp"

namespace entrospect::io {
namespace {

constexpr std::uint64_t longest_header = 100'000'000;
constexpr std::uint64_t prefix = 8;  // the header's length comes first
constexpr const char* remedy = "write the file again with the safetensors library";

// {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"text": "text"}}. Other keys of a tensor are
// passed over.
class Header : public JsonEvents {
 public:
  explicit Header(const std::filesystem::path& file) : file_(file) {}

  struct Entry {
    std::string name, dtype;
    std::vector<std::uint64_t> shape, offsets;
    bool has_dtype = false, has_shape = false, has_offsets = false;
    std::uint64_t header_offset = 0;  // of its description
  };
  std::vector<Entry> entries;

  void begin(const JsonPlace& place, bool object) override {
    const std::size_t depth = place.path.size();
    if (depth == 0) {
      if (!object) fail(place, "an object", "an array");
      return;
    }
    const bool metadata = place.path[0] == "__metadata__";
    if (depth == 1) {
      if (!object) fail(place, metadata ? "an object of texts" : "an object that describes the tensor", "an array");
      if (metadata) return;
      entries.emplace_back();
      entries.back().name = place.path[0];
      return;
    }
    if (metadata) fail(place, "a text for '" + printable(place.path[1]) + "' in __metadata__", object ? "an object" : "an array");
    const std::string& key = place.path[1];
    const bool numbers = key == "shape" || key == "data_offsets";
    if (depth == 2 && key == "dtype") fail(place, "a text for 'dtype'", object ? "an object" : "an array");
    if (depth == 2 && numbers && object) fail(place, "an array of numbers for '" + key + "'", "an object");
    if (depth > 2 && numbers) fail(place, "a number in '" + key + "'", object ? "an object" : "an array");
    if (key == "shape") entries.back().has_shape = true;
    if (key == "data_offsets") entries.back().has_offsets = true;
  }

  void scalar(const JsonPlace& place, const JsonScalar& value) override {
    const std::size_t depth = place.path.size();
    if (depth < 2) fail(place, depth == 0 ? "an object" : "an object that describes the tensor", describe(value));
    const std::string& key = place.path[1];
    if (place.path[0] == "__metadata__") {
      if (!std::holds_alternative<std::string>(value)) fail(place, "a text for '" + printable(key) + "' in __metadata__", describe(value));
      return;
    }
    Entry& entry = entries.back();
    if (key == "dtype") {
      const auto* text = std::get_if<std::string>(&value);
      if (text == nullptr) fail(place, "a text for 'dtype'", describe(value));
      entry.dtype = *text;
      entry.has_dtype = true;
    } else if (key == "shape" || key == "data_offsets") {
      if (depth == 2) fail(place, "an array of numbers for '" + key + "'", describe(value));
      const auto* number = std::get_if<std::uint64_t>(&value);
      if (number == nullptr || *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        fail(place, "whole numbers from 0 to 2^63 - 1 in '" + key + "'", describe(value));
      (key == "shape" ? entry.shape : entry.offsets).push_back(*number);
      if (key == "data_offsets" && entry.offsets.size() > 2) fail(place, "two numbers in 'data_offsets'", "more");
    }
  }

  void end(const JsonPlace& place) override {
    if (place.path.size() != 1 || place.path[0] == "__metadata__") return;
    Entry& entry = entries.back();
    entry.header_offset = place.offset;
    const auto require = [&](bool present, const char* key) {
      if (!present) fail(place, std::string("the keys dtype, shape and data_offsets"), std::string("no '") + key + "'");
    };
    require(entry.has_dtype, "dtype");
    require(entry.has_shape, "shape");
    require(entry.has_offsets, "data_offsets");
    if (entry.offsets.size() != 2) fail(place, "two numbers in 'data_offsets'", std::to_string(entry.offsets.size()));
    if (entry.offsets[0] > entry.offsets[1])
      fail(place, "data_offsets [begin, end] with begin <= end",
           "[" + std::to_string(entry.offsets[0]) + ", " + std::to_string(entry.offsets[1]) + "]");
  }

 private:
  [[noreturn]] void fail(const JsonPlace& place, const std::string& expected, const std::string& found) const {
    throw FileError({file_, place.path.empty() ? std::string() : place.path[0], place.offset}, expected, found, remedy);
  }

  std::filesystem::path file_;
};

Stored stored_tensor(const Header::Entry& entry, const std::filesystem::path& file, std::uint64_t data_begin) {
  Stored tensor;
  TensorInfo& info = tensor.info;
  info.name = entry.name;
  info.file = file;
  info.dtype = entry.dtype;
  info.shape = entry.shape;
  info.offset = data_begin + entry.offsets[0];
  info.bytes = entry.offsets[1] - entry.offsets[0];
  tensor.element = safetensors_element(entry.dtype);
  const FileError::Where where{file, entry.name, entry.header_offset};
  const auto bytes = checked_bytes(entry.shape, std::max<std::uint64_t>(tensor.element.size, 1));
  const std::string what = printable(entry.dtype) + " of shape " + shape_text(entry.shape);
  if (!bytes) throw FileError(where, "a shape whose product fits into 63 bits", what, remedy);
  if (tensor.element.size > 0 && *bytes != info.bytes)
    throw FileError(where, std::to_string(*bytes) + " bytes between data_offsets for " + what, std::to_string(info.bytes) + " bytes",
                    remedy);
  if (tensor.element.kind == Element::Kind::unknown)
    tensor.fault = FileError(where, "a dtype of BOOL, U8, I8, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64",
                             "'" + printable(entry.dtype) + "'", "save the tensor as BF16 or F32: x.to(torch.bfloat16)");
  return tensor;
}

// Payloads must follow each other from the start of the data to the end of the file.
void check_tiling(const std::vector<Stored>& stored, const File& file, std::uint64_t data_begin, bool lenient) {
  std::vector<const TensorInfo*> order;
  order.reserve(stored.size());
  for (const Stored& tensor : stored) order.push_back(&tensor.info);
  std::sort(order.begin(), order.end(),
            [](const TensorInfo* a, const TensorInfo* b) { return a->offset != b->offset ? a->offset < b->offset : a->bytes < b->bytes; });
  std::uint64_t next = data_begin;
  for (const TensorInfo* info : order) {
    const FileError::Where where{file.path(), info->name, info->offset};
    if (info->offset != next)
      throw FileError(where, "its data at byte " + std::to_string(next) + ", where the tensor before it ends",
                      "byte " + std::to_string(info->offset) + (info->offset < next ? " (an overlap)" : " (a hole)"), remedy);
    next += info->bytes;  // both below 2^63
    if (next > file.size())
      throw FileError(where, "data that end within the file of " + std::to_string(file.size()) + " bytes",
                      "an end at byte " + std::to_string(next), "write or download the file again; it is incomplete");
  }
  if (next < file.size() && !lenient)
    throw FileError({file.path(), {}, next}, "the end of the file after the last tensor",
                    std::to_string(file.size() - next) + " stray bytes", "write the file again, or add --lenient to ignore them");
}

class SafetensorsFile : public TensorTable {
 public:
  SafetensorsFile(std::shared_ptr<const File> file, std::vector<Stored> stored, const ReadOptions& options)
      : TensorTable(std::move(stored), options), file_(std::move(file)) {}

 private:
  std::unique_ptr<Sequence> sequence(const TensorInfo& info) const override {
    return std::make_unique<FileSequence>(file_, info.offset, info.name);
  }
  std::shared_ptr<const RowReader> rows(const TensorInfo& info, std::uint64_t row_bytes) const override {
    return file_rows(file_, info, row_bytes);
  }

  std::shared_ptr<const File> file_;
};

}  // namespace

std::string read_json_text(const File& file, std::uint64_t offset, std::uint64_t length, const ReadOptions& options) {
  require_memory(length, options.memory_limit, {file.path(), {}, offset});
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read(offset, std::as_writable_bytes(std::span(text)));
  if (!text.starts_with('{'))
    throw FileError({file.path(), {}, offset}, "a JSON object that begins with '{'",
                    text.empty() ? "nothing" : "'" + printable(text.substr(0, 20)) + "'", remedy);
  return text;
}

std::vector<Stored> read_safetensors_header(const File& file, const ReadOptions& options) {
  const auto fail = [&](const std::string& expected, const std::string& found) {
    throw FileError({file.path(), {}, 0}, expected, found, remedy);
  };
  if (file.size() < prefix) fail("a header length of 8 bytes", "a file of " + std::to_string(file.size()) + " bytes");
  std::array<std::byte, prefix> start{};
  file.read(0, start);
  std::uint64_t length = 0;
  for (std::size_t i = prefix; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(start[i]);
  if (length > longest_header) fail("a header of at most " + std::to_string(longest_header) + " bytes", std::to_string(length) + " bytes");
  if (length > file.size() - prefix)
    fail("a header within the " + std::to_string(file.size() - prefix) + " bytes that follow", std::to_string(length) + " bytes");

  const std::string text = read_json_text(file, prefix, length, options);
  Header header(file.path());
  parse_json(text, {file.path(), {}, prefix}, header);
  const std::uint64_t data_begin = prefix + length;
  std::vector<Stored> stored;
  stored.reserve(header.entries.size());
  for (const Header::Entry& entry : header.entries) stored.push_back(stored_tensor(entry, file.path(), data_begin));
  check_tiling(stored, file, data_begin, options.lenient);
  return stored;
}

std::unique_ptr<TensorFile> open_safetensors(const std::filesystem::path& path, const ReadOptions& options) {
  auto file = File::open(path);
  auto stored = read_safetensors_header(*file, options);
  return std::make_unique<SafetensorsFile>(std::move(file), std::move(stored), options);
}

}  // namespace entrospect::io
