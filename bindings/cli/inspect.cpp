#include "entrospect/bindings/cli/inspect.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "entrospect/bindings/cli/exit_code.hpp"
#include "entrospect/bindings/cli/plan.hpp"
#include "entrospect/bindings/cli/table.hpp"
#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/bindings/io/detail/text.hpp"
#include "entrospect/bindings/io/results.hpp"

namespace entrospect::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string shape_of(const io::TensorInfo& tensor) {
  std::string out;
  for (const std::uint64_t extent : tensor.shape) out += (out.empty() ? "" : " x ") + std::to_string(extent);
  return out.empty() ? "scalar" : out;
}

std::string remarks(const io::TensorInfo& tensor) {
  switch (use_of(tensor)) {
    case Use::skipped:
      return "skipped: " + skip_reason(tensor);
    case Use::broken:
      return "fails: " + tensor.problem;
    case Use::samples:
      break;
  }
  std::string out;
  const auto add = [&out](const char* text) { out += std::string(out.empty() ? "" : ", ") + text; };
  if (tensor.fortran_order) add("column-major");
  if (tensor.byte_swapped) add("big-endian, swapped on reading");
  if (tensor.compressed) add("compressed, read into memory");
  return out;
}

std::string text_of(const std::vector<PlannedFile>& files, const Style& style) {
  std::string out;
  for (const PlannedFile& file : files) {
    out += (out.empty() ? "" : "\n") + inked(io::printable(file.name), Ink::bold, style) + '\n';
    if (!file.problem.empty()) {
      out += "  " + inked("fails: " + file.problem, Ink::red, style) + '\n';
      continue;
    }
    TextTable table({{{"  tensor"}, TextTable::Align::left},
                     {{"layer"}, TextTable::Align::right},
                     {{"dtype"}, TextTable::Align::left},
                     {{"shape"}, TextTable::Align::right},
                     {{"size"}, TextTable::Align::right},
                     {{""}, TextTable::Align::left}});
    for (const io::TensorInfo& tensor : file.tensors) {
      const auto layer = layer_of(tensor);
      const Use use = use_of(tensor);
      table.add({{"  " + io::printable(tensor.name)},
                 {use == Use::samples && layer ? std::to_string(*layer) : ""},
                 {io::printable(tensor.dtype)},
                 {shape_of(tensor)},
                 {tensor.bytes > 0 ? bytes_text(static_cast<double>(tensor.bytes)) : ""},
                 {remarks(tensor), use == Use::broken ? Ink::red : Ink::dim}});
    }
    out += table.text(style);
  }
  return out;
}

std::string json_of(const std::vector<PlannedFile>& files) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  Json json{{"schema", 1}, {"files", Json::array()}};
  for (const PlannedFile& file : files) {
    Json tensors = Json::array();
    for (const io::TensorInfo& tensor : file.tensors) {
      const Use use = use_of(tensor);
      const auto layer = layer_of(tensor);
      tensors.push_back({{"name", tensor.name},
                         {"file", tensor.file.filename().string()},
                         {"layer", layer ? Json(*layer) : Json()},
                         {"dtype", tensor.dtype},
                         {"shape", tensor.shape},
                         {"offset", tensor.offset},
                         {"bytes", tensor.bytes},
                         {"fortran_order", tensor.fortran_order},
                         {"byte_swapped", tensor.byte_swapped},
                         {"compressed", tensor.compressed},
                         {"use", use == Use::samples   ? "samples"
                                 : use == Use::skipped ? "skipped"
                                                       : "fails"},
                         {"reason", or_null(use == Use::skipped ? skip_reason(tensor) : tensor.problem)}});
    }
    json["files"].push_back({{"file", file.name}, {"problem", or_null(file.problem)}, {"tensors", std::move(tensors)}});
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

int inspect(const InspectOptions& options) {
  io::ReadOptions reading = options.reading;
  reading.unfold = io::unfold_from(options.unfold);
  const std::vector<PlannedFile> files = read_headers(options.paths, reading);
  std::size_t usable = 0, skipped = 0, failing = 0;
  for (const PlannedFile& file : files) {
    failing += file.problem.empty() ? 0 : 1;
    for (const io::TensorInfo& tensor : file.tensors) {
      const Use use = use_of(tensor);
      ++(use == Use::samples ? usable : use == Use::skipped ? skipped : failing);
    }
  }
  print(options.json ? json_of(files) : text_of(files, style_of(STDOUT_FILENO)));
  flush();
  note(std::to_string(files.size()) + (files.size() == 1 ? " file: " : " files: ") + std::to_string(usable) +
       " tensors usable as samples, " + std::to_string(skipped) + " skipped, " + std::to_string(failing) + " failing");
  if (usable == 0) return exit_code::no_input;
  return options.strict && failing > 0 ? exit_code::cells_failed : exit_code::ok;
}

}  // namespace entrospect::cli
