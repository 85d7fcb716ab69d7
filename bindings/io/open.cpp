#include <xxhash.h>

#include <algorithm>
#include <type_traits>

#include "entrospect/bindings/io/detail/csv.hpp"
#include "entrospect/bindings/io/detail/format.hpp"
#include "entrospect/bindings/io/detail/npy.hpp"
#include "entrospect/bindings/io/detail/npz.hpp"
#include "entrospect/bindings/io/detail/safetensors.hpp"
#include "entrospect/bindings/io/detail/safetensors_index.hpp"
#include "entrospect/bindings/io/detail/text.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect::io {
namespace {

constexpr const char* torch_hint =
    "python -c \"import sys, torch; from safetensors.torch import save_file; "
    "save_file({k: v.contiguous() for k, v in torch.load(sys.argv[1], weights_only=True).items()}, sys.argv[2])\" IN.pt OUT.safetensors";
constexpr const char* pickle_hint =
    "a pickle runs code when it is loaded; where you trust it, load it in Python and numpy.savez('OUT.npz', name=array)";
constexpr const char* hdf5_hint =
    "python -c \"import sys, h5py, numpy; f = h5py.File(sys.argv[1]); "
    "numpy.savez(sys.argv[2], **{k: v[()] for k, v in f.items()})\" IN.h5 OUT.npz";

struct Ending {
  std::string_view text;
  Format format;
  const char* hint;
};
constexpr Ending endings[] = {
    {".safetensors.index.json", Format::safetensors_index, ""},
    {".safetensors", Format::safetensors, ""},
    {".npy", Format::npy, ""},
    {".npz", Format::npz, ""},
    {".csv", Format::csv, ""},
    {".tsv", Format::csv, ""},
    {".pt", Format::refused, torch_hint},
    {".pth", Format::refused, torch_hint},
    {".pkl", Format::refused, pickle_hint},
    {".pickle", Format::refused, pickle_hint},
    {".joblib", Format::refused, pickle_hint},
    {".h5", Format::refused, hdf5_hint},
    {".hdf5", Format::refused, hdf5_hint},
};

const Ending* ending_of(const std::filesystem::path& path) {
  const std::string name = lower(path.filename().string());
  const auto found = std::find_if(std::begin(endings), std::end(endings), [&](const Ending& e) { return name.ends_with(e.text); });
  return found == std::end(endings) ? nullptr : found;
}

constexpr const char* readable = "a .npy, .npz, .safetensors or .safetensors.index.json file";

void check_options(const ReadOptions& options) {
  if (!options.dtype.empty() && options.dtype != "bf16")
    throw InvalidArgument("dtype '" + options.dtype + "': only 'bf16' can be asked for (or nothing, to take the type from the file)");
}

// `file:name`. Both may hold colons: the longest part before one that names a file wins.
std::pair<std::filesystem::path, std::string> split(const std::string& file_and_name) {
  std::error_code error;
  if (std::filesystem::exists(file_and_name, error)) return {file_and_name, {}};
  const std::size_t last = file_and_name.rfind(':');
  if (last == std::string::npos) return {file_and_name, {}};
  for (std::size_t colon = last; colon != std::string::npos && colon > 0; colon = file_and_name.rfind(':', colon - 1))
    if (std::filesystem::exists(file_and_name.substr(0, colon), error))
      return {file_and_name.substr(0, colon), file_and_name.substr(colon + 1)};
  return {file_and_name.substr(0, last), file_and_name.substr(last + 1)};
}

bool is_column(const TensorInfo& info) { return info.shape.size() == 1 || (info.shape.size() == 2 && info.shape[1] == 1); }

// The tensor of that name; without a name, the only one with one value per row.
std::size_t choose_column(const TensorFile& file, const std::filesystem::path& path, const std::string& name) {
  const auto& tensors = file.tensors();
  std::string columns;
  std::size_t count = 0, chosen = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (name.empty() ? is_column(tensors[i]) : tensors[i].name == name) ++count, chosen = i;
    if (is_column(tensors[i])) columns += (columns.empty() ? "" : ", ") + tensors[i].name;
  }
  if (count == 1) return chosen;
  const std::string listed = columns.empty() ? "none with one value per row" : printable(columns);
  throw FileError({path, name, 0}, name.empty() ? "one tensor with one value per row" : "the tensor '" + printable(name) + "'",
                  "these: " + listed, "name one of them: " + printable(path.string()) + ":NAME");
}

}  // namespace

Format format_of(const std::filesystem::path& path) {
  const Ending* ending = ending_of(path);
  return ending == nullptr ? Format::unknown : ending->format;
}

std::string conversion_hint(const std::filesystem::path& path) {
  const Ending* ending = ending_of(path);
  return ending == nullptr ? std::string() : ending->hint;
}

std::unique_ptr<TensorFile> open(const std::filesystem::path& path, const ReadOptions& options) {
  check_options(options);
  switch (format_of(path)) {
    case Format::npy:
      return open_npy(path, options);
    case Format::npz:
      return open_npz(path, options);
    case Format::safetensors:
      return open_safetensors(path, options);
    case Format::safetensors_index:
      return open_safetensors_index(path, options);
    case Format::refused:
      throw FileError({path, {}, 0}, readable, "'" + path.extension().string() + "'", conversion_hint(path));
    case Format::csv:
      throw FileError({path, {}, 0}, readable, "a table of text, which is read for labels only",
                      "numpy.save('OUT.npy', x) after loading it in Python");
    case Format::unknown:
      break;
  }
  throw FileError({path, {}, 0}, readable, "the name '" + printable(path.filename().string()) + "'",
                  "rename the file if it is one of these, or save its tensors with safetensors");
}

Labels open_labels(const std::string& file_and_name, const ReadOptions& options) {
  const auto [path, name] = split(file_and_name);
  if (format_of(path) == Format::csv) return csv_labels(path, name, options);
  const auto file = open(path, options);
  return file->labels(choose_column(*file, path, name));
}

std::uint64_t content_hash(const Labels& labels) {
  return std::visit(
      [](const auto& values) -> std::uint64_t {
        using Value = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<Value, std::string>) {
          std::string joined;  // each text with its length in front, so that no two columns give the same bytes
          for (const std::string& text : values) joined.append(std::to_string(text.size())).append(":").append(text);
          return XXH3_64bits_withSeed(joined.data(), joined.size(), 0);
        } else {
          return XXH3_64bits_withSeed(values.data(), values.size() * sizeof(Value), std::is_same_v<Value, double> ? 2 : 1);
        }
      },
      labels.values());
}

std::vector<double> open_numbers(const std::string& file_and_name, const ReadOptions& options) {
  const auto [path, name] = split(file_and_name);
  if (format_of(path) == Format::csv) return csv_numbers(path, name, options);
  const auto file = open(path, options);
  return file->numbers(choose_column(*file, path, name));
}

}  // namespace entrospect::io
